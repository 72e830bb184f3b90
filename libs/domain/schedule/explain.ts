/** Why an item is kept as long as it is, rule by rule, in plain sentences. */
import { byPrecedence, type KeepingRule, type KeepingTerms, type RuledEnd } from './precedence.js';

/** One rule that applies, and whether it is the one that decides. */
export interface Reason {
  readonly decides: boolean;
  readonly because: string;
}

const SINCE: Readonly<Record<KeepingRule['trigger'], readonly [since: string, awaited: string]>> = {
  sent: ['it was sent', 'it is sent'],
  captured: ['it was captured', 'it is captured'],
  group_closed: ['its group was closed', 'its group is closed'],
  activity_ended: ['the activity ended', 'the activity ends'],
  person_left: ['the person left', 'the person leaves'],
  inquiry_ended: ['the inquiry ended', 'an inquiry ends'],
};
const THEN = { delete: 'it has to be deleted', review: 'somebody decides', transfer: 'it is handed over' } as const;

/**
 * Every rule that applies to an item, the deciding one first. `keptUntil`: somebody decided at a review to keep it longer.
 * Times are UTC; no sentence holds anything personal.
 */
export function explain(terms: KeepingTerms, holds: readonly string[], timeZone: string, keptUntil?: string): Reason[] {
  const [first, ...others] = byPrecedence(terms.rules, timeZone);
  const isReviewed = keptUntil !== undefined && first!.endsAt !== undefined && keptUntil > first!.endsAt;
  const isHeld = holds.length > 0;
  return [
    ...holds.map((holdId) => ({
      decides: true,
      because: `The hold ${holdId} keeps it for as long as it lasts: a hold beats deletion.`,
    })),
    ...(isReviewed
      ? [{ decides: !isHeld, because: `Somebody decided at its review to keep it until ${keptUntil}.` }]
      : []),
    {
      decides: !isHeld && !isReviewed,
      because: `${words(first!, terms)}${others.length === 0 ? '; no other rule applies' : `; ${won(first!, others[0]!)}`}.`,
    },
    ...others.map((other) => ({ decides: false, because: `${words(other, terms)}; ${lost(other, first!)}.` })),
  ];
}

function words({ rule, endsAt }: RuledEnd, terms: KeepingTerms): string {
  const [since, awaited] = SINCE[rule.trigger];
  const end =
    endsAt === undefined ? `from when ${awaited}, which has not happened` : `from when ${since}, until ${endsAt}`;
  return `${source(rule, terms)} keeps it for ${inWords(rule.period)} ${end}, then ${THEN[rule.atEnd]}`;
}

function source({ from, recordClass = '*', groupType = '*', basis }: KeepingRule, { schedule }: KeepingTerms): string {
  if (from === 'item') return 'The period stated with the item';
  if (from === 'policy') return 'The policy of its group, in place of a rule of the schedule,';
  const what = recordClass === '*' ? 'every class' : `the class ${recordClass}`;
  const where = groupType === '*' ? 'every group' : `groups of the type ${groupType}`;
  return `The ${basis} rule of schedule version ${schedule!.number} for ${what} in ${where}`;
}

const won = (first: RuledEnd, second: RuledEnd) =>
  first.endsAt !== second.endsAt || isLonger(first, second)
    ? 'it decides, because the longest retention beats a shorter one'
    : first.rule.basis === second.rule.basis
      ? 'it decides, because of equal ends the shortest deletion counts'
      : 'it decides, because explicit beats implied';

function lost(other: RuledEnd, first: RuledEnd): string {
  if (other.endsAt !== first.endsAt || isLonger(first, other)) return 'another rule keeps it longer';
  return other.rule.basis === first.rule.basis
    ? 'another rule of the same end has it gone sooner'
    : 'an explicit rule of the same end beats it';
}

/** Of two that both wait, whether their periods differ. */
const isLonger = (a: RuledEnd, b: RuledEnd) => a.endsAt === undefined && a.rule.period !== b.rule.period;

const UNITS = { Y: 'year', M: 'month', W: 'week', D: 'day' } as const;

/** `P2Y6M` as "2 years and 6 months"; hours and minutes stay in the short form. */
function inWords(period: string): string {
  const [date, time] = period.slice(1).split('T');
  const parts = [...date!.matchAll(/(\d+)([YMWD])/g)]
    .filter(([, count]) => Number(count) > 0)
    .map(([, count, unit]) => `${Number(count)} ${UNITS[unit as keyof typeof UNITS]}${Number(count) === 1 ? '' : 's'}`);
  return [...parts, ...(time ? [`T${time}`] : [])].join(' and ');
}
