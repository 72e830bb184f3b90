/** An organisation's retention schedule: how long it keeps what, from when, and what happens then (BR-57, CN-19). */
import { createHash } from 'node:crypto';
import type { RetentionPayloads, Rule } from '#events';
import { type Decider, nothing, record, refuse } from '../decider.js';

type ScheduleEvents = Pick<RetentionPayloads, 'ScheduleAdopted'>;
type Adopted = ScheduleEvents['ScheduleAdopted'];
export type ScheduleRule = Adopted['rules'][number];

/** One stream for each organisation. */
export type ScheduleCommands = {
  /** The whole schedule: what it does not name is no rule of it any more. */
  AdoptSchedule: Pick<Adopted, 'scheduleId' | 'rules'> & { readonly basis?: readonly Rule[] };
};
type State = { readonly number: number; readonly contentVersion: string };

/**
 * The version of a schedule: the first 16 hex digits of the SHA-256 of its rules, whatever their order. Equal rules have an
 * equal version, so "under which schedule exactly" can be proven by whoever holds the rules.
 */
export function scheduleVersion(rules: readonly ScheduleRule[]): string {
  const lines = rules.map(({ recordClass, groupType, period, trigger, atEnd, basis }) =>
    [recordClass, groupType, period, trigger, atEnd, basis].join(' '),
  );
  return createHash('sha256')
    .update([...new Set(lines)].toSorted().join('\n'))
    .digest('hex')
    .slice(0, 16);
}

/** Versions follow each other; the same rules again are no new version. */
export const schedule: Decider<State, ScheduleCommands, ScheduleEvents> = {
  category: 'schedule',
  initial: { number: 0, contentVersion: '' },
  decide: {
    AdoptSchedule: ({ scheduleId, rules, basis = [] }, { number, contentVersion }) => {
      if (number === 0 && rules.length === 0)
        return refuse('EmptySchedule', 'The first schedule has to have a rule.', basis);
      const next = scheduleVersion(rules);
      if (next === contentVersion) return nothing;
      return [
        record(
          'ScheduleAdopted',
          { scheduleId, number: number + 1, contentVersion: next, rules: [...rules] },
          ...basis,
        ),
      ];
    },
  },
  evolve: {
    ScheduleAdopted: (_, { number, contentVersion }) => ({ number, contentVersion }),
  },
};
