/** A world with commands coming in: what every fault needs to begin, to come to rest and to be judged. */
import { check, FAULTS, type Finding } from './checker.js';
import type { Figures } from './fault.js';
import { Generator } from './generator.js';
import { until } from './ground.js';
import { Journal, type Tries } from './journal.js';
import type { Edit } from './plant.js';
import { standing, underWay, viewOf } from './view.js';
import { World, type WorldOptions } from './world.js';

/** Seconds a healed system may take to come to rest: a bound on waiting, wide enough for a busy machine. */
const REST_WITHIN = 150;

export class Scene {
  private constructor(
    readonly world: World,
    readonly journal: Journal,
    readonly generator: Generator,
  ) {}

  /** Starts a world and gives it organisations, groups and people. */
  static async open(options: WorldOptions): Promise<Scene> {
    const world = await World.start(options);
    try {
      const journal = new Journal();
      const generator = new Generator(world.url, world.key, world.dice, journal, soonOf(options));
      const scene = new Scene(world, journal, generator);
      await generator.prepare(options.short ? 2 : 3, options.short ? 16 : 60, async () => void (await scene.rest()));
      options.say('Organisations and people are there');
      return scene;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Resolves when everything was numbered, published, handled and fired, twice in a row, with the seconds that took. */
  async rest(limit = REST_WITHIN): Promise<number> {
    let calm = 0;
    let left: string[] = [];
    const looks = async () => {
      left = await underWay(this.world.ownerUrl).catch(() => ['the database does not answer']);
      if (Date.now() < this.journal.dueBy + 1_000) left.push('deadlines are still to come');
      calm = left.length === 0 ? calm + 1 : 0;
      return calm === 2;
    };
    return until('the system is at rest', limit, looks).catch(async (error: Error) => {
      const { ownerUrl, brokers, all } = this.world;
      const places = await standing(ownerUrl, brokers.addresses).catch(() => []);
      for (const { name, output } of all) this.world.options.say(`  ${name} said last: ${output.slice(-1_500)}`);
      throw new Error(`${error.message} (${[...left, ...places].join('; ')})`);
    });
  }

  /**
   * Lets commands come in, does harm and heals it, lets more commands come in for a moment, and waits until the system is at rest.
   * Returns what the harm counted, how the requests went, how long it took to come to rest, and what the checker found wrong.
   */
  async during(harm: () => Promise<Figures>, load: { workers?: number; rest?: number } = {}): Promise<Figures> {
    const { generator, journal, world } = this;
    const before = { ...journal.tries };
    const [acknowledged, fellOver] = [journal.acknowledged.length, world.fellOver];
    const troubles = generator.troubles.length;
    generator.start(load.workers, load.rest);
    let harmed: Figures;
    try {
      harmed = await harm();
    } finally {
      await generator.stop();
    }
    // What is lost keeps the system from its rest; then the checker tells what it is.
    const rest = await this.rest().catch((error: Error) => {
      world.options.say(`  ${error.message}`);
      return undefined;
    });
    for (const { code, words } of world.all.flatMap(({ exits }) => exits.filter(({ asked }) => !asked)).slice(fellOver))
      world.options.say(`  a service ended by itself with ${code}: ${words}`);
    return {
      acknowledged: journal.acknowledged.length - acknowledged,
      ...harmed,
      ...difference(before, journal.tries),
      troubles: generator.troubles.length - troubles,
      fellOver: world.fellOver - fellOver,
      ...(rest === undefined ? { restless: 1 } : { rest: tenth(rest) }),
      ...(await this.judge()),
    };
  }

  /** Lets all services run from a build with these bugs from now on. */
  async plant(edits: readonly Edit[]): Promise<void> {
    const dist = await this.world.plant(edits);
    await Promise.all(
      this.world.apps.map(async (service) => {
        await service.stop();
        service.dist = dist;
        service.start();
      }),
    );
    await this.world.ready();
  }

  /** What the checker finds, counted; each kind by its name, and all of them as `wrong`. */
  async judge(): Promise<Figures> {
    const view = await viewOf(this.world.ownerUrl, this.world.brokers.addresses);
    const findings = check(this.journal, view);
    this.tell(findings);
    const counts: Record<string, number> = { wrong: findings.length };
    for (const { wrong } of findings) counts[wrong] = (counts[wrong] ?? 0) + 1;
    const events = Object.values(view.services).reduce((sum, { events: own }) => sum + own.length, 0);
    const messages = [...(view.topics?.values() ?? [])].reduce((sum, own) => sum + own.length, 0);
    return { ...counts, events, repeats: messages - events + (counts['unpublished'] ?? 0) - (counts['stranger'] ?? 0) };
  }

  private tell(findings: readonly Finding[]): void {
    const { say } = this.world.options;
    for (const { wrong, what } of findings.slice(0, 8)) say(`  ${wrong}: ${what}`);
    for (const wrong of new Set(findings.map((finding) => finding.wrong))) say(`  ${wrong} means: ${FAULTS[wrong]}`);
    for (const text of [...this.journal.faults, ...this.generator.troubles].slice(0, 8)) say(`  ${text}`);
  }

  async close(): Promise<void> {
    await this.world.close();
  }
}

/** How requests went between two looks at the tries. */
export function difference(before: Tries, after: Tries): Figures {
  const since = (name: keyof Tries) => after[name] - before[name];
  return { unavailable: since('unavailable'), cut: since('cut'), fault5xx: since('faults'), givenUp: since('givenUp') };
}

/** Seconds within which deadlines fall due: in a short run some pass in every fault, and none is long waited for. */
export const soonOf = ({ short }: WorldOptions): number => (short ? 5 : 15);

/** Seconds to one place. */
export const tenth = (seconds: number): number => Math.round(seconds * 10) / 10;
