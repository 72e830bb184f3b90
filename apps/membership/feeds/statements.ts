import { activity, parseInstant } from '#domain';
import type { Actor, FeedPayloads } from '#events';
import type { Cause, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import {
  executeOnPeople,
  identify,
  normalised,
  recognise,
  type PersonRequest,
  type Recognised,
} from '../people/identity.js';
import { isBirthDate, phoneBan, planPersonal } from '../people/personal.js';
import { syncRequest } from '../people/record.js';

/** What a source says; its form has been checked against the schema of its kind. */
export type Statement = {
  [N in keyof FeedPayloads]: {
    /** Names the statement for good; the case it starts goes by this id. */
    readonly id: string;
    readonly name: N;
    /** Which system says it: a plain word, nothing personal. */
    readonly source: string;
    /** When it was said, by the source's clock, in the house form. */
    readonly time: string;
    readonly data: FeedPayloads[N];
  };
}[keyof FeedPayloads];
type AboutActivity = Extract<Statement, { name: 'ActivityEndReported' }>;
type AboutPerson = Exclude<Statement, AboutActivity>;

/** The field at fault, by its path in the statement, and the rule it breaks; never a value. */
export interface Fault {
  readonly field: string;
  readonly rule: string;
}

/** `accepted`: something was recorded. `unchanged`: it was known, or something newer is. A fault: nothing of it was recorded. */
export type Taken = 'accepted' | 'unchanged' | Fault;

interface Door {
  readonly kit: ServiceKit;
  readonly tx: Transaction;
  readonly actor: Actor;
  readonly recognised: Recognised | undefined;
}
/** A statement with its place among those that came together. */
interface Placed<S extends Statement = Statement> {
  readonly index: number;
  readonly statement: S;
}

/**
 * Takes in what HR, CRM and activity systems say, in order, in a few statements for any number. Each is its own case. A person
 * nobody registered becomes known by it; of two statements about one thing the later counts (LD-37, LD-05, BR-33, BR-63).
 */
export async function takeStatements(
  kit: ServiceKit,
  tx: Transaction,
  actor: Actor,
  statements: readonly Statement[],
  recognised?: Recognised,
): Promise<Taken[]> {
  const phonesBanned = statements.some(namesByPhone) && (await phoneBan(tx)) !== undefined;
  const taken = statements.map((): Taken => 'unchanged');
  const sound = statements.flatMap((raw, index): Placed[] => {
    const statement = inHouseForm(raw);
    const fault = 'rule' in statement ? statement : faultIn(statement, tx.now, phonesBanned);
    if (fault) taken[index] = fault;
    return fault ? [] : [{ index, statement: statement as Statement }];
  });
  const door = { kit, tx, actor, recognised };
  await takePeople(door, sound.filter(isAboutPerson), taken);
  await takeActivities(door, sound.filter(isAboutActivity), taken);
  return taken;
}

/** Whom these statements are about, as far as it is known: what `takeStatements` may be given if it was looked up before. */
export function recogniseSubjects(
  kit: ServiceKit,
  tx: Transaction,
  statements: readonly Statement[],
): Promise<Recognised> {
  return recognise(
    kit,
    tx,
    statements.flatMap(({ data }) => ('subject' in data ? [data.subject] : [])),
  );
}

const isAboutPerson = (placed: Placed): placed is Placed<AboutPerson> => 'subject' in placed.statement.data;
const isAboutActivity = (placed: Placed): placed is Placed<AboutActivity> => !isAboutPerson(placed);

const INSTANTS = ['leavesAt', 'from', 'endedAt'];

/** The statement with its instants in the house form, or which of them is none. Most have them so: those stay the object they are. */
function inHouseForm(statement: Statement): Statement | Fault {
  const { data } = statement as { data: Readonly<Record<string, unknown>> };
  let parsed = data;
  for (const field of INSTANTS) {
    const text = data[field];
    if (text === undefined) continue;
    const instant = parseInstant(text as string);
    if (instant === null)
      return { field: `data/${field}`, rule: 'must be an RFC 3339 date-time between 1900 and 2200' };
    if (instant !== text) parsed = { ...parsed, [field]: instant };
  }
  return parsed === data ? statement : ({ ...statement, data: parsed } as Statement);
}

const namesByPhone = ({ data }: Statement): boolean => 'subject' in data && data.subject.kind === 'phone';

/** What the form of a statement cannot say. */
function faultIn({ name, data }: Statement, now: string, phonesBanned: boolean): Fault | undefined {
  if (name === 'ActivityEndReported') return undefined;
  if (!normalised(data.subject)) return { field: 'data/subject/value', rule: `must be a ${data.subject.kind}` };
  if (data.subject.kind === 'phone' && phonesBanned)
    return { field: 'data/subject/kind', rule: 'must not be phone: by the policy in force no phone numbers are kept' };
  if (name === 'DateOfBirthReported' && !isBirthDate(data.dateOfBirth, now))
    return { field: 'data/dateOfBirth', rule: 'must be a date on which somebody living was born' };
  return undefined;
}

const causeOf = ({ actor }: Door, { id }: Statement): Cause => ({ actor, correlationId: id });
const notAfter = (instant: string, now: string) => (instant < now ? instant : now);

async function takePeople(door: Door, placed: readonly Placed<AboutPerson>[], taken: Taken[]): Promise<void> {
  if (placed.length === 0) return;
  const { kit, tx, actor, recognised } = door;
  const { identified, requests } = await identify(
    kit,
    tx,
    placed.map(({ statement }) => ({
      links: [statement.data.subject],
      source: statement.source,
      occurredAt: notAfter(statement.time, tx.now),
      cause: causeOf(door, statement),
    })),
    recognised,
  );
  const who = identified.map((one) => (one as { personId: string }).personId); // one identifier cannot disagree with itself
  const personal = await planPersonal(
    kit,
    tx,
    placed.map(({ statement }, nth) => ({
      personId: who[nth]!,
      values: statement.name === 'DateOfBirthReported' ? { dateOfBirth: statement.data.dateOfBirth } : {},
      source: statement.source,
      reportedAt: statement.time,
      cause: causeOf(door, statement),
    })),
  );
  const groups = placed.map(({ statement }, nth) =>
    personal.isErased[nth] && statement.name === 'DateOfBirthReported'
      ? []
      : [...requests[nth]!, ...requestsFor(door, statement, who[nth]!), ...personal.requests[nth]!],
  );
  const outcomes = await executeOnPeople(kit, tx, { actor }, groups);
  await personal.write();
  placed.forEach(({ index, statement }, nth) => {
    const isRecorded = outcomes[nth]!.some(({ events }) => events.length > 0);
    if (personal.isErased[nth] && statement.name === 'DateOfBirthReported')
      taken[index] = { field: 'data/subject', rule: 'must not be a person whose data was erased' };
    else taken[index] = isRecorded ? 'accepted' : 'unchanged';
  });
}

/** An end that has come happened when it came, however late it is reported; everything else when it was said. */
function requestsFor(door: Door, statement: AboutPerson, personId: string): PersonRequest[] {
  const { tx } = door;
  const { name, data, source, time: reportedAt } = statement;
  const cause = causeOf(door, statement);
  const said = notAfter(reportedAt, tx.now);
  switch (name) {
    case 'LeaverReported': {
      const { category, leavesAt } = data;
      const command = { name: 'ReportLeaver' as const, data: { personId, category, leavesAt, reportedAt, source } };
      return [{ id: personId, command, occurredAt: leavesAt <= tx.now ? leavesAt : said, cause }];
    }
    case 'LeaverRescinded': {
      const command = {
        name: 'RescindLeaver' as const,
        data: { personId, category: data.category, reportedAt, source },
      };
      return [{ id: personId, command, occurredAt: said, cause }];
    }
    case 'StatusReported': {
      const { category, status, from } = data;
      return [syncRequest(personId, { category, status, from, source, reportedAt }, tx.now, cause)];
    }
    case 'DateOfBirthReported':
      return []; // compared with the vault first
  }
}

const REFUSALS: Readonly<Record<string, Fault>> = {
  ActivityUnknown: { field: 'data/activityId', rule: 'must be an activity of your organisation' },
  EndIsInTheFuture: { field: 'data/endedAt', rule: 'must not be in the future' },
};

async function takeActivities(door: Door, placed: readonly Placed<AboutActivity>[], taken: Taken[]): Promise<void> {
  if (placed.length === 0) return;
  const outcomes = await door.kit.commands.execute(
    door.tx,
    activity,
    { actor: door.actor },
    placed.map(({ statement }) => {
      const { activityId, endedAt } = statement.data;
      const command = { name: 'End' as const, data: { activityId: activityId.toLowerCase(), endedAt } };
      const occurredAt = notAfter(endedAt, door.tx.now);
      return { id: activityId.toLowerCase(), command, occurredAt, cause: causeOf(door, statement) };
    }),
  );
  placed.forEach(({ index }, nth) => {
    const { events, refusal } = outcomes[nth]!;
    const fault = refusal && (REFUSALS[refusal.refused] ?? { field: 'data', rule: refusal.because });
    taken[index] = fault ?? (events.length > 0 ? 'accepted' : 'unchanged');
  });
}
