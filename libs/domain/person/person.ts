import type { MembershipPayloads } from '#events';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type Payloads = Pick<
  MembershipPayloads,
  | 'PersonRegistered'
  | 'PersonLinked'
  | 'PersonStatusSynced'
  | 'LeaverAnnounced'
  | 'LeaverDetected'
  | 'LeaverRescinded'
  | 'EligibilityRestored'
  | 'DateOfBirthCorrected'
  | 'PersonalDataCorrected'
>;
type About = { readonly personId: string };
type LeaverTrigger = 'membership_ended' | 'role_ended';

/** What entitles a person to be in a group: member, staff, volunteer … */
export type PersonCategory = MembershipPayloads['PersonStatusSynced']['category'];

/** Which system said it, about which category, and when by its own clock (UTC, house form). */
export type SourceStatement = About & {
  readonly category: PersonCategory;
  readonly source: string;
  readonly reportedAt: string;
};

/**
 * What may be asked of a person's stream. Instants are UTC in the house form, so that they sort as texts.
 * For ReportLeaver and SyncStatus of an end that has come, `occurredAt` is that end; for the others it is `reportedAt`.
 */
export type PersonCommands = {
  Register: About & { readonly source: string };
  Link: MembershipPayloads['PersonLinked'];
  SyncStatus: SourceStatement & { readonly status: 'active' | 'ended'; readonly from: string };
  ReportLeaver: SourceStatement & { readonly leavesAt: string };
  RescindLeaver: SourceStatement;
  /** Issued by the deadline of an announced leave. */
  DeclareLeft: About & { readonly category: PersonCategory };
  /** The value is in the vault; send it only where it differs from the one on record. */
  CorrectDateOfBirth: About & { readonly source: string; readonly reportedAt: string };
  /** Says which kinds of values were replaced by others; send it only where they were. */
  CorrectDetails: MembershipPayloads['PersonalDataCorrected'];
};

/** A person in one category, as far as the sources have said. */
type Standing = {
  readonly status?: { readonly is: 'active' | 'ended'; readonly from: string; readonly reportedAt: string };
  readonly announced?: { readonly leavesAt: string; readonly reportedAt: string; readonly source: string };
  readonly left?: { readonly leftAt: string; readonly reportedAt: string };
  /** Newest statement of each source: on the status, and on the end (leaver reported or rescinded, status ended). */
  readonly heard: ReadonlyMap<string, { readonly status?: string; readonly end?: string }>;
};

type Confidence = MembershipPayloads['PersonLinked']['confidence'];
type Person = {
  readonly isKnown: boolean;
  readonly links: ReadonlyMap<string, Confidence>;
  readonly categories: ReadonlyMap<PersonCategory, Standing>;
  readonly bornReportedAt: string;
};

const roles: readonly PersonCategory[] = [
  ...(['staff', 'agent', 'volunteer', 'committee', 'steering_member', 'partner_staff'] as const),
];

/** Whether people are in this category by what they do for the organisation, paid or not (LD-38, AMZ-038, BR-33). */
export const isRole = (category: PersonCategory): boolean => roles.includes(category);

/** Why somebody who leaves this category has to leave its groups: a role ended (LD-38, BR-33), or a membership (LD-37). */
export function leaverTrigger(category: PersonCategory): LeaverTrigger {
  return isRole(category) ? 'role_ended' : 'membership_ended';
}

/** The categories the person is in at this instant (UTC, house form), by everything reported so far (LD-03, AMZ-046). */
export function liveCategories(person: Person, at: string): PersonCategory[] {
  return [...person.categories].filter(([, standing]) => isLive(standing, at)).map(([category]) => category);
}

/** Whether the person has left some category and not come back to it. */
export function hasLeft(person: Person): boolean {
  return [...person.categories.values()].some(({ left }) => left !== undefined);
}

function isLive({ status, announced, left }: Standing, at: string): boolean {
  if (status?.is !== 'active' || status.from > at) return false;
  if (announced && announced.leavesAt <= at) return false;
  return !left || (status.reportedAt > left.reportedAt && status.from >= left.leftAt);
}

const confidences: readonly Confidence[] = ['assumed', 'matched', 'stated'];
const linkKey = ({ kind, commitment }: Pick<MembershipPayloads['PersonLinked'], 'kind' | 'commitment'>) =>
  `${kind} ${commitment}`;
const later = (a: string, b: string) => (a > b ? a : b);
const standingOf = (person: Person, category: PersonCategory): Standing =>
  person.categories.get(category) ?? { heard: new Map() };
const whoever = (): Decision<Payloads> => refuse('PersonUnknown', 'Nobody is registered under this id.');

function link(data: PersonCommands['Link'], person: Person): Decision<Payloads> {
  if (!person.isKnown) return whoever();
  const known = person.links.get(linkKey(data));
  const isFirmer = known === undefined || confidences.indexOf(data.confidence) > confidences.indexOf(known);
  return isFirmer ? [record('PersonLinked', data)] : nothing;
}

function syncStatus(data: PersonCommands['SyncStatus'], person: Person, { now }: Moment): Decision<Payloads> {
  if (!person.isKnown) return whoever();
  const standing = standingOf(person, data.category);
  const heard = standing.heard.get(data.source);
  if (later(heard?.status ?? '', heard?.end ?? '') >= data.reportedAt) return nothing;
  const synced = record('PersonStatusSynced', data);
  if (data.status === 'ended') return [synced, ...endOf(standing, data, data.from, now)];
  return isReturn(standing, data, now) ? [synced, restored(data, later(data.from, standing.left!.leftAt))] : [synced];
}

/** Only a statement made after the leave, or about a start after it, says that the person is back: a late nightly list does not. */
function isReturn({ left }: Standing, { from, reportedAt }: PersonCommands['SyncStatus'], now: string): boolean {
  if (!left || from > now || reportedAt <= left.reportedAt) return false;
  return later(from, reportedAt) >= left.leftAt;
}

function reportLeaver(data: PersonCommands['ReportLeaver'], person: Person, { now }: Moment): Decision<Payloads> {
  if (!person.isKnown) return whoever();
  const { leavesAt, ...statement } = data;
  const standing = standingOf(person, data.category);
  if ((standing.heard.get(data.source)?.end ?? '') >= data.reportedAt) return nothing;
  // A further report of a leave that is on record counts as a statement, so that an older one cannot undo it.
  if (standing.left && leavesAt <= now)
    return [record('PersonStatusSynced', { ...statement, status: 'ended' as const, from: leavesAt })];
  return endOf(standing, statement, leavesAt, now);
}

/** The facts that follow from an end: announced while it is to come, one LeaverDetected once it has come (LD-37, BR-63). */
function endOf(
  standing: Standing,
  { personId, category, source, reportedAt }: SourceStatement,
  end: string,
  now: string,
) {
  const statement = { personId, category, source, reportedAt };
  if (isOutdated(standing, reportedAt, end)) return nothing;
  if (end > now) {
    const back = standing.left ? takenBack(statement, standing.left.leftAt) : [];
    return [...back, record('LeaverAnnounced', { ...statement, leavesAt: end })];
  }
  return standing.left ? nothing : [detected(statement, end)];
}

/** Of two statements the later counts, whichever source made it. An active status speaks only for the time up to its report. */
function isOutdated({ status, announced, left }: Standing, reportedAt: string, end: string): boolean {
  if (later(announced?.reportedAt ?? '', left?.reportedAt ?? '') > reportedAt) return true;
  return status?.is === 'active' && status.reportedAt > reportedAt && status.reportedAt >= end;
}

function rescindLeaver(data: PersonCommands['RescindLeaver'], person: Person): Decision<Payloads> {
  if (!person.isKnown) return whoever();
  const { announced, left, heard } = standingOf(person, data.category);
  if ((heard.get(data.source)?.end ?? '') >= data.reportedAt) return nothing;
  if (later(announced?.reportedAt ?? '', left?.reportedAt ?? '') >= data.reportedAt) return nothing;
  // Recorded even where no leaver is known: the report it takes back may still be on its way.
  return left ? takenBack(data, left.leftAt) : [record('LeaverRescinded', data)];
}

function declareLeft(
  { personId, category }: PersonCommands['DeclareLeft'],
  person: Person,
  { now }: Moment,
): Decision<Payloads> {
  const { announced, left } = standingOf(person, category);
  if (!announced || left || announced.leavesAt > now) return nothing;
  const { source, reportedAt, leavesAt } = announced;
  return [detected({ personId, category, source, reportedAt }, leavesAt)];
}

const detected = (statement: SourceStatement, leftAt: string) =>
  record('LeaverDetected', { ...statement, trigger: leaverTrigger(statement.category), leftAt });
const restored = ({ personId, category, source }: SourceStatement, restoredAt: string) =>
  record('EligibilityRestored', { personId, category, source, restoredAt });
const takenBack = (data: SourceStatement, leftAt: string) => [
  record('LeaverRescinded', data),
  restored(data, later(data.reportedAt, leftAt)),
];

function withStanding(
  person: Person,
  category: PersonCategory,
  change: (standing: Standing) => Partial<Standing>,
): Person {
  const standing = standingOf(person, category);
  return { ...person, categories: new Map(person.categories).set(category, { ...standing, ...change(standing) }) };
}

function hear({ heard }: Standing, source: string, kinds: readonly ('status' | 'end')[], reportedAt: string) {
  const before = heard.get(source) ?? {};
  const now = Object.fromEntries(kinds.map((kind) => [kind, later(before[kind] ?? '', reportedAt)]));
  return new Map(heard).set(source, { ...before, ...now });
}

const leave = (category: string) => `leave:${category}`;

/** What is known of one person: who they are linked to, and which categories they are in by which source. */
export const person: Decider<Person, PersonCommands, Payloads> = {
  category: 'person',
  initial: { isKnown: false, links: new Map(), categories: new Map(), bornReportedAt: '' },
  decide: {
    Register: (data, { isKnown }) => (isKnown ? nothing : [record('PersonRegistered', data)]),
    Link: link,
    SyncStatus: syncStatus,
    ReportLeaver: reportLeaver,
    RescindLeaver: rescindLeaver,
    DeclareLeft: declareLeft,
    CorrectDetails: (data, { isKnown }) => (isKnown ? [record('PersonalDataCorrected', data)] : whoever()),
    CorrectDateOfBirth: (data, { isKnown, bornReportedAt }) => {
      if (!isKnown) return whoever();
      return bornReportedAt >= data.reportedAt ? nothing : [record('DateOfBirthCorrected', data)];
    },
  },
  evolve: {
    PersonalDataCorrected: (state) => state,
    PersonRegistered: (state) => ({ ...state, isKnown: true }),
    PersonLinked: (state, data) => ({ ...state, links: new Map(state.links).set(linkKey(data), data.confidence) }),
    PersonStatusSynced: (state, { category, source, status, from, reportedAt }) =>
      withStanding(state, category, (standing) => ({
        heard: hear(standing, source, status === 'ended' ? ['status', 'end'] : ['status'], reportedAt),
        status: (standing.status?.reportedAt ?? '') > reportedAt ? standing.status : { is: status, from, reportedAt },
      })),
    LeaverAnnounced: (state, { category, leavesAt, reportedAt, source }) =>
      withStanding(state, category, (standing) => ({
        heard: hear(standing, source, ['end'], reportedAt),
        announced: { leavesAt, reportedAt, source },
      })),
    LeaverDetected: (state, { category, leftAt, reportedAt, source }) =>
      withStanding(state, category, (standing) => ({
        heard: hear(standing, source, ['end'], reportedAt),
        announced: undefined,
        left: { leftAt, reportedAt },
      })),
    LeaverRescinded: (state, { category, reportedAt, source }) =>
      withStanding(state, category, (standing) => ({
        heard: hear(standing, source, ['end'], reportedAt),
        announced: undefined,
      })),
    EligibilityRestored: (state, { category, restoredAt }) =>
      withStanding(state, category, ({ status }) => ({
        left: undefined,
        status: status?.is === 'active' ? status : { is: 'active', from: restoredAt, reportedAt: restoredAt },
      })),
    DateOfBirthCorrected: (state, { reportedAt }) => ({ ...state, bornReportedAt: reportedAt }),
  },
  deadlines: {
    LeaverAnnounced: ({ personId, category, leavesAt }) => [
      { schedule: leave(category), dueAt: leavesAt, command: { name: 'DeclareLeft', data: { personId, category } } },
    ],
    LeaverDetected: ({ category }) => [{ cancel: leave(category) }],
    LeaverRescinded: ({ category }) => [{ cancel: leave(category) }],
  },
};
