import { ageOn, type PersonCommands, type ResolvedPolicy, ruleOf } from '#domain';
import type { Rule } from '#events';
import type { Cause, CommandRequest, Transaction } from '#eventsourcing';
import { activePolicies, type ServiceKit } from '#nest';
import type { Personal } from '#vault';

/** What is kept about a person in the vault, and nowhere else. `phone` is E.164, `dateOfBirth` is `YYYY-MM-DD`. */
export interface PersonalValues {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly dateOfBirth?: string;
}

/** What can be shown of a person. */
export const personalFields = ['name', 'dateOfBirth', 'phone', 'email'] as const;
/** The last is the time of the newest statement on the date of birth, so that an older one changes nothing. */
const fields = [...personalFields, 'dateOfBirthReportedAt'] as const;
type Field = (typeof fields)[number];
type Fields = Partial<Record<Field, string>>;

/** What a source says about one person, as of `reportedAt` (UTC). */
export interface PersonalStatement {
  readonly personId: string;
  readonly values: PersonalValues;
  readonly source: string;
  readonly reportedAt: string;
  readonly cause?: Cause;
}

/** What is to be done for each statement; `isErased`: the person's data was erased and nothing is taken in (AMZ-113). */
export interface PersonalPlan {
  readonly requests: readonly CommandRequest<PersonCommands>[][];
  readonly changed: readonly boolean[];
  readonly isErased: readonly boolean[];
  /** Whether a number was left out because the person has not agreed to its being kept (AMZ-112). */
  readonly isPhoneLeftOut: readonly boolean[];
  /** Writes the values; call it when the commands have been carried out. */
  readonly write: () => Promise<void>;
}

/**
 * Compares what sources say with the vault. Of names, numbers and addresses the last one to arrive is kept; of dates of birth
 * the one stated last by the source's own time. A changed date of birth is a fact for every group with a minimum age (LD-08); that
 * another value was replaced is on record too, so that history shows who put right what kind of value, and when.
 */
export async function planPersonal(
  kit: ServiceKit,
  tx: Transaction,
  stated: readonly PersonalStatement[],
): Promise<PersonalPlan> {
  const withPhone = stated.filter(({ values }) => values.phone !== undefined).map(({ personId }) => personId);
  const keepers = await phoneKeepers(tx, [...new Set(withPhone)]);
  const isPhoneLeftOut = stated.map(({ personId, values }) => values.phone !== undefined && !keepers.has(personId));
  const statements = stated.map((statement, index) =>
    isPhoneLeftOut[index] ? { ...statement, values: { ...statement.values, phone: undefined } } : statement,
  );
  const ids = [...new Set(statements.filter(({ values }) => hasAny(values)).map(({ personId }) => personId))];
  const read = ids.length > 0 ? await kit.vault.readMany(tx, ids, fields) : new Map<string, Record<Field, Personal>>();
  const erased = new Set(ids.filter((id) => read.get(id)!.name.state === 'erased'));
  const held = new Map<string, Fields>([...read].map(([id, personal]) => [id, valuesIn(personal)]));
  const writes = new Map<string, Fields>();
  const isErased = statements.map(({ personId }) => erased.has(personId));
  const changed = statements.map(() => false);
  const requests = statements.map((statement, index) => {
    const before = held.get(statement.personId);
    if (!before || isErased[index]) return [];
    const news = newsIn(statement, before);
    if (Object.keys(news).length === 0) return [];
    held.set(statement.personId, { ...before, ...news });
    writes.set(statement.personId, { ...writes.get(statement.personId), ...news });
    changed[index] = Object.keys(news).some((field) => field !== 'dateOfBirthReportedAt');
    return corrections(statement, news, before, tx.now);
  });
  const write = () => (writes.size > 0 ? kit.vault.writeMany(tx, writes) : Promise.resolve());
  return { requests, changed, isErased, isPhoneLeftOut, write };
}

const hasAny = (values: PersonalValues) => Object.values(values).some((value) => value !== undefined);

function valuesIn(personal: Record<Field, Personal>): Fields {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const read = personal[field];
      return read.state === 'value' ? [[field, read.value]] : [];
    }),
  );
}

function newsIn({ values: { dateOfBirth, ...others }, reportedAt }: PersonalStatement, before: Fields): Fields {
  const names = Object.keys(others) as (keyof typeof others)[];
  const news: Fields = Object.fromEntries(
    names
      .filter((name) => others[name] !== undefined && others[name] !== before[name])
      .map((name) => [name, others[name]]),
  );
  if (dateOfBirth === undefined || reportedAt <= (before.dateOfBirthReportedAt ?? '')) return news;
  const isSame = dateOfBirth === before.dateOfBirth;
  return { ...news, dateOfBirthReportedAt: reportedAt, ...(isSame ? {} : { dateOfBirth }) };
}

/** What to say in the person's stream of the values that are new: of a date of birth always, of others where they replace one. */
function corrections(
  { personId, source, reportedAt, cause }: PersonalStatement,
  news: Fields,
  before: Fields,
  now: string,
): CommandRequest<PersonCommands>[] {
  const replaced = (['name', 'email', 'phone'] as const).filter((field) => news[field] && before[field]);
  const about = { personId, source, reportedAt };
  const commands = [
    ...(replaced.length > 0 ? [{ name: 'CorrectDetails' as const, data: { ...about, fields: replaced } }] : []),
    ...(news.dateOfBirth === undefined ? [] : [{ name: 'CorrectDateOfBirth' as const, data: about }]),
  ];
  const occurredAt = reportedAt < now ? reportedAt : now;
  return commands.map((command) => ({ id: personId, command, occurredAt, ...(cause ? { cause } : {}) }));
}

/** Nobody alive is older, and nobody is recorded before birth. */
const OLDEST = 130;

/** Whether this is a date of the calendar on which somebody alive at `now` (UTC) can have been born. */
export function isBirthDate(date: string, now: string): boolean {
  try {
    const age = ageOn(date, now);
    return age >= 0 && age <= OLDEST;
  } catch {
    return false;
  }
}

/**
 * The rules by which no phone number may be kept, nor anything made from one; undefined where some group type in force keeps
 * them (HSU-04, AMZ-112, BR-64). With no profile in force none is kept: the rules are then empty.
 */
export async function phoneBan(tx: Transaction): Promise<Rule[] | undefined> {
  const policies = [...(await activePolicies(tx)).values()];
  const bans = ({ parameters }: ResolvedPolicy) => parameters.phone_storage.value === 'never';
  if (policies.some((policy) => !bans(policy))) return undefined;
  return phoneRules(tx);
}

/** What the policies in force say of phone numbers, each rule once. */
export async function phoneRules(tx: Transaction): Promise<Rule[]> {
  const rules = [...(await activePolicies(tx)).values()].map((policy) => ruleOf(policy, 'phone_storage'));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** What a consent has to name for a number to be kept by it. */
const SCOPE = ['phone'];

/**
 * Those of these people whose number may be kept: all of them where a group type in force has a directory of contacts, those with
 * a live consent to it where one keeps numbers by consent, nobody otherwise (HSU-04, AMZ-112, BR-64).
 */
export async function phoneKeepers(tx: Transaction, personIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (personIds.length === 0) return new Set();
  const storage = [...(await activePolicies(tx)).values()].map(storageOf);
  if (storage.includes('contacts_directory')) return new Set(personIds);
  return storage.includes('with_consent') ? agreedTo(tx, personIds) : new Set();
}

/** Those of these people whose number was kept by a consent alone, none of which holds any more. */
export async function phonesToDrop(tx: Transaction, personIds: readonly string[]): Promise<string[]> {
  const keepers = await phoneKeepers(tx, personIds);
  return personIds.filter((id) => !keepers.has(id));
}

const storageOf = ({ parameters }: ResolvedPolicy) => parameters.phone_storage.value;

async function agreedTo(tx: Transaction, personIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ personId: string }>(
    `select distinct person_id as "personId" from known_consents
     where tenant_id = $1 and person_id = any($2::uuid[]) and withdrawn_at is null and scope::jsonb @> $3::jsonb`,
    [tx.tenantId, personIds, JSON.stringify(SCOPE)],
  );
  return new Set(rows.map(({ personId }) => personId));
}
