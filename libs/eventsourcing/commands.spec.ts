import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { record, refuse, type Decider } from '#domain';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { byTests, tally, type TallyCommands, type TallyEvents } from '../testing/tally.js';
import { Commands, type CommandRequest } from './commands.js';
import { WrongExpectedVersion } from './errors.js';
import { EventStore } from './store.js';

const rule = { profile: 'test@1', parameter: 'limit', obligations: ['T-1'] };
/** Counts up to 10 and no further; the refusal is evidence. */
const limited: Decider<{ total: number }, TallyCommands, TallyEvents> = {
  ...tally,
  decide: {
    ...tally.decide,
    Add: ({ amount }, { total }) =>
      total + amount <= 10
        ? [record('CountAdded', { amount }, rule)]
        : refuse<TallyEvents>('TooMany', 'It is full.', [rule], [record('CountAdded', { amount: 0, note: 'refused' })]),
  },
};

describe('a command', () => {
  let service: ServiceDatabase;
  const tenant = randomUUID();
  const commands = new Commands(new EventStore({ service: 'membership' }));

  beforeAll(async () => {
    service = await openServiceDatabase('membership');
  });
  afterAll(() => service.close());

  const add = (id: string, amount: number, more: Partial<CommandRequest<TallyCommands>> = {}) => ({
    id,
    command: { name: 'Add' as const, data: { amount } },
    ...more,
  });
  const execute = (...requests: CommandRequest<TallyCommands>[]) =>
    service.database.inTenant(tenant, (tx) => commands.execute(tx, limited, byTests, requests));
  const state = async (id: string) =>
    (await service.database.inTenant(tenant, (tx) => commands.states(tx, limited, [id]))).get(id);

  it('becomes events with the rules it was decided under', async () => {
    const id = randomUUID();
    const [outcome] = await execute(add(id, 4, { occurredAt: '2026-01-01T00:00:00.000Z' }));
    expect(outcome).toMatchObject({
      streamId: `tally-${id}`,
      version: 1,
      events: [{ name: 'CountAdded', data: { amount: 4 }, rules: [rule], occurredAt: '2026-01-01T00:00:00.000Z' }],
    });
    expect(outcome).not.toHaveProperty('refusal');
    expect(await state(id)).toEqual({ state: { total: 4 }, version: 1 });
  });

  it('that is refused leaves its evidence and stops no other', async () => {
    const [full, free] = [randomUUID(), randomUUID()];
    const [refused, done] = await execute(add(full, 11), add(free, 5));
    expect(refused).toMatchObject({ refusal: { refused: 'TooMany', rules: [rule] }, version: 1 });
    expect(refused!.events).toMatchObject([{ data: { amount: 0, note: 'refused' } }]);
    expect(done).toMatchObject({ version: 1, events: [{ data: { amount: 5 } }] });
  });

  it('sees what the commands before it in the same call did to its stream', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const outcomes = await execute(add(one, 6), add(two, 1), add(one, 6), add(one, 4));
    expect(outcomes.map(({ version, refusal }) => [version, refusal?.refused])).toEqual([
      [1, undefined],
      [1, undefined],
      [2, 'TooMany'],
      [3, undefined],
    ]);
    expect(outcomes.map(({ events }) => events.map(({ version }) => version))).toEqual([[1], [1], [2], [3]]);
    expect(await state(one)).toEqual({ state: { total: 10 }, version: 3 });
  });

  it('that is one of many sees what came before it in the same call, wherever', async () => {
    const ids = Array.from({ length: 300 }, () => randomUUID());
    const twice = [...ids, ...ids].map((id) => add(id, 6));
    const outcomes = await execute(add(ids[0]!, 1), add(ids[0]!, 1), ...twice, add(ids[299]!, 4));
    const went = outcomes.map(({ version, refusal }) => [version, refusal?.refused]);
    expect(went.slice(0, 4)).toEqual([1, 2, 3, 1].map((version) => [version, undefined]));
    expect(went[302]).toEqual([4, 'TooMany']);
    expect(went.slice(303, 602)).toEqual(ids.slice(1).map(() => [2, 'TooMany']));
    expect(went[602]).toEqual([3, undefined]);
    expect(await state(ids[299]!)).toEqual({ state: { total: 10 }, version: 3 });
  });

  it('that is one of many fails with all of them, and for the reason of the first that failed', async () => {
    const ids = Array.from({ length: 600 }, () => randomUUID());
    const failing = service.database.inTenant(tenant, async (tx) => {
      const streams = await commands.states(tx, limited, ids);
      await execute(add(ids[10]!, 1)); // somebody else, meanwhile
      return commands.execute(
        tx,
        limited,
        byTests,
        ids.map((id) => add(id, 1, { stream: streams.get(id)! })),
      );
    });
    await expect(failing).rejects.toThrow(WrongExpectedVersion);
    expect(await state(ids[0]!)).toMatchObject({ version: 0 });
    expect(await state(ids[599]!)).toMatchObject({ version: 0 });
  });

  it('that names another version than the stream’s fails, and all of its call with it', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await execute(add(one, 1));
    await expect(execute(add(two, 1), add(one, 1, { expectedVersion: 0 }))).rejects.toThrow(WrongExpectedVersion);
    expect(await state(two)).toEqual({ state: { total: 0 }, version: 0 });
    await execute(add(one, 1, { expectedVersion: 1 }));
  });

  it('[R1] decides on what is there: of many at once no sum passes the limit', async () => {
    const id = randomUUID();
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => execute(add(id, 4))));
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.filter(({ reason }) => !(reason instanceof WrongExpectedVersion))).toEqual([]);
    expect((await state(id))!.state.total).toBeLessThanOrEqual(8);
    expect((await state(id))!.version).toBe(40 - failed.length);
  });
});
