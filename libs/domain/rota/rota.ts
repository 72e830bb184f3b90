/** How those who run one group share the duty: settled between all of them, owed anew when they change. */
import type { MembershipPayloads, Rule } from '#events';
import { onTheClock } from '../calendar/calendar.js';
import { type Decider, type Decision, nothing, record, refuse } from '../decider.js';

type RotaEvents = Pick<MembershipPayloads, 'RotaOwed' | 'RotaSettled' | 'OutOfHoursAcknowledged'>;

/** Somebody's hours on these days of the week (1 is Monday), wall-clock `HH:MM`; to an earlier hour spans midnight, to the same the whole day. */
export type Shift = RotaEvents['RotaSettled']['shifts'][number];

/** A part of the week without anybody, from one minute of it to another; day 1 is Monday. */
export type Gap = {
  readonly fromDay: number;
  readonly from: string;
  readonly toDay: number;
  readonly to: string;
};

/** One stream for each group. */
export type RotaCommands = {
  /** Those who run the group have changed. */
  Unsettle: { readonly groupId: string; readonly rules: readonly Rule[] };
  /** `moderators` are those who run the group now. */
  Settle: RotaEvents['RotaSettled'] & { readonly moderators: readonly string[]; readonly rules: readonly Rule[] };
  Acknowledge: RotaEvents['OutOfHoursAcknowledged'];
};

type State = {
  readonly status: 'none' | 'owed' | 'settled';
  readonly counted: readonly string[];
  readonly acknowledged: readonly string[];
};

export const rota: Decider<State, RotaCommands, RotaEvents> = {
  category: 'rota',
  initial: { status: 'none', counted: [], acknowledged: [] },
  decide: {
    Unsettle: ({ groupId, rules }, { status }) =>
      status === 'owed' ? nothing : [record('RotaOwed', { groupId }, ...rules)],
    Settle: settle,
    Acknowledge: (data, { counted, acknowledged }) => {
      if (!counted.includes(data.personId))
        return refuse('NotCountedOn', 'The plan for out of hours does not count on this person.');
      return acknowledged.includes(data.personId) ? nothing : [record('OutOfHoursAcknowledged', data)];
    },
  },
  evolve: {
    RotaOwed: (state) => ({ ...state, status: 'owed' }),
    RotaSettled: (_, { outOfHours }) => ({
      status: 'settled',
      counted: outOfHours.map(({ personId }) => personId),
      acknowledged: [],
    }),
    OutOfHoursAcknowledged: (state, { personId }) => ({ ...state, acknowledged: [...state.acknowledged, personId] }),
  },
};

/** Settled is what all who run the group have agreed, each of them with the hours they can give (AMZ-086). */
function settle({ moderators, rules, ...settled }: RotaCommands['Settle']): Decision<RotaEvents> {
  if (settled.shifts.some(({ personId }) => !moderators.includes(personId)))
    return refuse('NotAModerator', 'Only those who run the group can have a turn.', rules);
  if (moderators.some((personId) => !settled.settledBy.includes(personId)))
    return refuse('NotSettledByAll', 'It has to be settled between all who run the group.', rules);
  return [record('RotaSettled', settled, ...rules)];
}

const DAY = 24 * 60;
const WEEK = 7 * DAY;

/** Who has the turn at an instant, on the wall clock of the zone (LD-46). */
export function onDuty(shifts: readonly Shift[], at: string, timeZone: string): string[] {
  const local = onTheClock(at, timeZone);
  const day = (new Date(`${local.slice(0, 10)}T00:00:00Z`).getUTCDay() + 6) % 7;
  const minute = day * DAY + minuteOf(local.slice(11, 16));
  const people = shifts.filter((shift) => spansOf(shift).some(([from, to]) => from <= minute && minute < to));
  return [...new Set(people.map(({ personId }) => personId))];
}

/** The parts of the week when nobody has the turn, in their order (AMZ-086). */
export function gapsOf(shifts: readonly Shift[]): Gap[] {
  const spans = shifts.flatMap(spansOf).toSorted(([a], [b]) => a - b);
  const gaps: Gap[] = [];
  let covered = 0;
  for (const [from, to] of [...spans, [WEEK, WEEK] as const]) {
    if (from > covered) gaps.push({ ...placeOf(covered, 'from'), ...placeOf(from, 'to') });
    covered = Math.max(covered, to);
  }
  return gaps;
}

type Span = readonly [from: number, to: number];

/** The minutes of the week of a shift; one that spans the end of the week is two. */
function spansOf({ days, from, to }: Shift): Span[] {
  return days.flatMap((day) => {
    const start = (day - 1) * DAY + minuteOf(from);
    const length = (minuteOf(to) - minuteOf(from) + DAY) % DAY || DAY;
    const end = start + length;
    return end <= WEEK ? [[start, end] as const] : [[start, WEEK] as const, [0, end - WEEK] as const];
  });
}

const minuteOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

function placeOf<Edge extends 'from' | 'to'>(minute: number, edge: Edge) {
  const isEnd = edge === 'to' && minute % DAY === 0;
  const day = Math.floor(minute / DAY) + (isEnd ? 0 : 1);
  const rest = isEnd ? DAY : minute % DAY;
  const clock = `${String(Math.floor(rest / 60)).padStart(2, '0')}:${String(rest % 60).padStart(2, '0')}`;
  return { [`${edge}Day`]: day, [edge]: clock } as { [K in Edge]: string } & { [K in `${Edge}Day`]: number };
}
