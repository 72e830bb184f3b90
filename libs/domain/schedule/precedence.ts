/**
 * Which of several rules decides how long an item is kept. Published, and the same for every item:
 * a hold beats deletion; the longest retention beats a shorter one; explicit beats implied; then the shortest deletion.
 */
import type { RetentionPayloads } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';

export type KeepingTerms = RetentionPayloads['RetentionAwaited']['terms'];
export type KeepingRule = KeepingTerms['rules'][number];
export type Trigger = KeepingRule['trigger'];

/** A rule with the end it sets; none where what it waits for has not happened. */
export type RuledEnd = { readonly rule: KeepingRule; readonly endsAt: string | undefined };

/** Sorted by precedence: the first decides. `endsAt` of it is when the item's time is over; undefined while it waits. */
export function byPrecedence(rules: readonly KeepingRule[], timeZone: string): RuledEnd[] {
  return rules
    .map((rule) => ({ rule, endsAt: endOf(rule, timeZone) }))
    .toSorted(
      (a, b) =>
        longest(a, b, timeZone) || explicit(a.rule) - explicit(b.rule) || deletion(a.rule) - deletion(b.rule) || 0,
    );
}

/** When the time of a rule is over; undefined while it waits. */
function endOf({ period, startedAt }: KeepingRule, timeZone: string): string | undefined {
  return startedAt === undefined ? undefined : addDuration(startedAt, period, timeZone);
}

/** What has no end yet outlasts what has; of two that wait, the longer period. */
function longest(a: RuledEnd, b: RuledEnd, timeZone: string): number {
  if (a.endsAt === undefined && b.endsAt === undefined) {
    const [ofA, ofB] = [a, b].map(({ rule }) => addDuration(SOME_DAY, rule.period, timeZone));
    return compareInstants(ofB!, ofA!);
  }
  if (a.endsAt === undefined) return -1;
  if (b.endsAt === undefined) return 1;
  return compareInstants(b.endsAt, a.endsAt);
}
/** Two periods are compared from one day; any does. */
const SOME_DAY = '2023-01-01T00:00:00.000Z';

const explicit = ({ basis }: KeepingRule) => (basis === 'explicit' ? 0 : 1);
/** How soon an end leads to the item being gone: at once, once it is handed over, once somebody has decided. */
const deletion = ({ atEnd }: KeepingRule) => ['delete', 'transfer', 'review'].indexOf(atEnd);

/** The terms once something has happened; an end that is set already moves only where it runs from the end of an inquiry. */
export function begin(terms: KeepingTerms, trigger: Trigger, startedAt: string): KeepingTerms {
  const rules = terms.rules.map((rule) =>
    rule.trigger === trigger && (rule.startedAt === undefined || trigger === 'inquiry_ended')
      ? { ...rule, startedAt }
      : rule,
  );
  return { ...terms, rules };
}

/** Whether two sets of terms have the same rules, begun at the same time, in whatever order. */
export function hasSameRules(a: KeepingTerms, b: KeepingTerms): boolean {
  const lines = ({ rules }: KeepingTerms) =>
    rules
      .map(({ from, recordClass, groupType, period, trigger, atEnd, basis, startedAt }) =>
        [from, recordClass, groupType, period, trigger, atEnd, basis, startedAt].join(' '),
      )
      .toSorted()
      .join('\n');
  return lines(a) === lines(b);
}

/** What a rule of a schedule looks at in an item. */
export interface Classed {
  readonly recordClass: string;
  /** The type of its group; none for an item without a group. */
  readonly groupType?: string | undefined;
  /** What can ever happen to it: without a group nothing waits for its end. */
  readonly canHappen: readonly Trigger[];
}

/** The rules of a schedule that bear on an item: its class, its group's type, and a time that can begin (CN-19). */
export function rulesFor<R extends { recordClass: string; groupType: string; trigger: Trigger }>(
  rules: readonly R[],
  { recordClass, groupType, canHappen }: Classed,
): R[] {
  return rules.filter(
    (rule) =>
      [recordClass, '*'].includes(rule.recordClass) &&
      [groupType, '*'].includes(rule.groupType) &&
      canHappen.includes(rule.trigger),
  );
}
