import { describe, expect, it } from '@jest/globals';
import { ConsumerWatch, type Watched } from './consumers.js';

const minute = 60_000;

/** One consumer and the brokers, as a test wants them to be. */
function processWith({ status = 'running', busyFor = 0, answers = true }: Partial<State> = {}) {
  const state: State = { status, busyFor, answers };
  const processor: Watched = {
    name: 'membership.removals',
    consumerStatus: () => state.status,
    busyFor: () => state.busyFor,
  };
  return { state, watch: new ConsumerWatch([processor], async () => state.answers) };
}
interface State {
  status: ReturnType<Watched['consumerStatus']>;
  busyFor: number;
  answers: boolean;
}

describe('a process with a consumer that does not get on', () => {
  it('[R11] is ended after a minute in which the consumer did not run though brokers answer', async () => {
    const { watch } = processWith({ status: 'starting' });
    expect(await watch.look(0)).toBeUndefined();
    expect(await watch.look(minute)).toBeUndefined();
    expect((await watch.look(minute + 1))?.message).toBe('membership.removals is starting and does not get on');
  });

  it('[R11] is ended for a batch that has been in hand for two minutes', async () => {
    const { watch, state } = processWith({ busyFor: 2 * minute });
    expect(await watch.look(0)).toBeUndefined();
    state.busyFor += 1;
    expect(await watch.look(1)).toBeInstanceOf(Error);
  });

  it('[R11] goes on when the consumer runs again in time', async () => {
    const { watch, state } = processWith({ status: 'starting' });
    await watch.look(0);
    state.status = 'running';
    await watch.look(minute);
    state.status = 'starting';
    expect(await watch.look(minute + 1)).toBeUndefined();
  });

  it('[R14] goes on for as long as no broker answers, and for a minute from when they do', async () => {
    const { watch, state } = processWith({ status: 'starting', answers: false });
    for (let at = 0; at <= 10; at += 1) expect(await watch.look(at * minute)).toBeUndefined();
    state.answers = true;
    expect(await watch.look(11 * minute)).toBeUndefined();
    expect(await watch.look(11 * minute + 1)).toBeInstanceOf(Error);
  });
});
