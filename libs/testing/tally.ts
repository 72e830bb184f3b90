/** A small language and decider of no business at all: what the specs of the machinery append, project, arm and fire. */
import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { record, type Decider, type NewEvent } from '#domain';
import { declareEvents, event, Instant, type PayloadsOf } from '#events';
import { projection, tenantTable, type Cause, type Migration } from '#eventsourcing';

export const tallyEvents = declareEvents('membership', {
  CountAdded: event('Test only: something was counted', {
    amount: Type.Integer(),
    note: Type.Optional(Type.String()),
  }),
  CountNamed: event(
    'Test only: read from three versions',
    { names: Type.Array(Type.String()), lang: Type.String() },
    {
      version: 3,
      upcast: { 1: ({ name }) => ({ names: [name] }), 2: (data) => ({ ...data, lang: 'en' }) },
    },
  ),
  AlarmSet: event('Test only: arms or moves a deadline', { alarm: Type.String(), dueAt: Instant }),
  AlarmCancelled: event('Test only: ends a deadline', { alarm: Type.String() }),
  AlarmRang: event('Test only: a deadline fired', { alarm: Type.String(), at: Instant }),
});
export type TallyEvents = PayloadsOf<typeof tallyEvents>;

export interface TallyCommands {
  Add: TallyEvents['CountAdded'];
  Ring: { alarm: string };
}

/** Counts how often each alarm rang, so that a second firing shows. */
export const tally: Decider<{ total: number }, TallyCommands, TallyEvents> = {
  category: 'tally',
  initial: { total: 0 },
  decide: {
    Add: (data) => [record('CountAdded', data)],
    Ring: ({ alarm }, _, { now }) => {
      if (alarm === 'broken') throw new Error('this alarm cannot ring');
      return [record('AlarmRang', { alarm, at: now })];
    },
  },
  evolve: {
    CountAdded: ({ total }, { amount }) => ({ total: total + amount }),
    CountNamed: (state) => state,
    AlarmSet: (state) => state,
    AlarmCancelled: (state) => state,
    AlarmRang: (state) => state,
  },
  deadlines: {
    AlarmSet: ({ alarm, dueAt }) => [{ schedule: alarm, dueAt, command: { name: 'Ring', data: { alarm } } }],
    AlarmCancelled: ({ alarm }) => [{ cancel: alarm }],
  },
};

/** The read model of the last count. */
export const lastCounts = projection<TallyEvents>('last_counts', ['tallyId'], {
  CountAdded: ({ streamId, data, version }) => ({ upsert: { tallyId: streamId, amount: data.amount, version } }),
});

export const tallyMigration: Migration = {
  name: 'Tally1700000000009',
  sql: [
    tenantTable('last_counts', 'tally_id text not null, amount integer not null, version integer not null', 'tally_id'),
  ],
};

export const newTally = (): string => `tally-${randomUUID()}`;
export const added = (amount: number): NewEvent => record('CountAdded', { amount });
export const byTests: Cause = { actor: { kind: 'system', id: 'tests' } };
