import { describe, expect, it } from '@jest/globals';
import { GivingWay } from './giving-way.js';

/** A clock that moves when somebody rests, and runs what was planned for the time it passes. */
function paced() {
  let now = 0;
  const plans: { at: number; run: () => Promise<void> }[] = [];
  const rest = async (milliseconds: number) => {
    const until = now + milliseconds;
    for (const plan of plans.filter(({ at }) => at <= until)) {
      plans.splice(plans.indexOf(plan), 1);
      now = plan.at;
      await plan.run();
    }
    now = until;
  };
  const way = new GivingWay({ now: () => now, rest });
  /** A piece of work in hand from one instant to another. */
  const work = (from: number, to: number) => {
    let end = () => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    let done: Promise<void> | undefined;
    plans.push({ at: from, run: async () => void (done = way.first(() => over)) });
    plans.push({
      at: to,
      run: async () => {
        end();
        await done;
      },
    });
  };
  return { way, work, rest, now: () => now };
}

describe('giving way to large pieces of work', () => {
  it('lets nobody wait where there is none', async () => {
    const { way, now } = paced();
    await way.turn();
    expect(now()).toBe(0);
  });

  it('waits while one is in hand, and a moment for the next one', async () => {
    const { way, work, rest, now } = paced();
    work(1, 300);
    work(350, 700);
    await rest(10);
    await way.turn();
    expect(now()).toBeGreaterThanOrEqual(800);
    expect(now()).toBeLessThan(1_000);
  });

  it('waits no longer than five seconds for work that goes on, and not again until it pauses', async () => {
    const { way, work, rest, now } = paced();
    for (let from = 10; from < 8_000; from += 100) work(from, from + 90);
    await rest(20);
    await way.turn();
    expect(now()).toBe(5_010);
    await rest(50);
    await way.turn();
    expect(now()).toBe(5_060);
    await rest(4_000);
    work(10_000, 10_100);
    await rest(10_050 - now());
    await way.turn();
    expect(now()).toBeGreaterThanOrEqual(10_200);
  });

  it('is over too for work that fails', async () => {
    const { way, now } = paced();
    await expect(way.first(() => Promise.reject(new Error('not taken in')))).rejects.toThrow('not taken in');
    await way.turn();
    expect(now()).toBe(100);
  });
});
