import { v7 } from 'uuid';
import type { Actor } from '#events';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { readStatement, readStatus, type Rejection } from './cloud-event.js';
import { forget, rememberNew } from './feeds.read-model.js';
import { recogniseSubjects, takeStatements, type Statement, type Taken } from './statements.js';

/** What became of a batch, and of each of its items that was not taken in. */
export interface Report {
  readonly accepted: number;
  readonly duplicates: number;
  readonly unchanged: number;
  readonly rejected: readonly ({ readonly index: number } & Rejection)[];
}

/** A sound statement with its place in the batch and the id its sender gave it. */
interface Item {
  readonly index: number;
  readonly id?: string;
  readonly statement: Statement;
}

/** Takes in CloudEvents in their structured form, in order. Each counts once, however often and by whichever door it comes; a bad one costs no other. */
export async function takeEvents(
  kit: ServiceKit,
  tx: Transaction,
  actor: Actor,
  events: readonly unknown[],
): Promise<Report> {
  const read = events.map((event) => readStatement(event, tx.now));
  const sound = soundAmong(read, (index) => (events[index] as { id: string }).id);
  const names = await plainSources(kit, tx, new Set(sound.map(({ statement }) => statement.source)));
  // At once: while the database notes the statements, the identifiers are made ready for the lookup.
  const [recognised, fresh] = await Promise.all([
    recogniseSubjects(kit, tx, statementsOf(sound)),
    rememberNew(
      tx,
      sound.map(({ statement }) => statement.id),
    ),
  ]);
  const due = sound
    .filter(({ statement }) => fresh.delete(statement.id)) // each once, also within the batch
    .map((item) => ({ ...item, statement: { ...item.statement, source: names.get(item.statement.source)! } }));
  const taken = await takeStatements(kit, tx, actor, statementsOf(due), recognised);
  await forget(
    tx,
    due.filter((_, nth) => typeof taken[nth] === 'object').map(({ statement }) => statement.id),
  );
  return { ...reportOn(read, due, taken), duplicates: sound.length - due.length };
}

/** Takes in what a source found changed up to `time` (house form), in order. What was known by then changes nothing. */
export async function takeChanges(
  kit: ServiceKit,
  tx: Transaction,
  actor: Actor,
  { source, time, changes }: { source: string; time: string; changes: readonly unknown[] },
): Promise<Report> {
  const read = changes.map((change): Statement | Rejection => {
    const data = readStatus(change);
    // A change has no id of its own: a repeated one is known by its time.
    return 'rule' in data ? data : { id: v7(), name: 'StatusReported', source, time, data };
  });
  const sound = soundAmong(read);
  const report = reportOn(read, sound, await takeStatements(kit, tx, actor, statementsOf(sound)));
  return { ...report, rejected: report.rejected.map((fault) => ({ ...fault, field: fieldOfChange(fault.field) })) };
}

/** The field of a change that a field of its statement came from. */
const fieldOfChange = (field: string) => field.replace(/^data\/?/, '').replace(/^subject/, 'link') || 'change';

function soundAmong(read: readonly (Statement | Rejection)[], idOf?: (index: number) => string): Item[] {
  return read.flatMap((one, index) =>
    'rule' in one ? [] : [{ index, statement: one, ...(idOf ? { id: idOf(index) } : {}) }],
  );
}

const statementsOf = (items: readonly Item[]) => items.map(({ statement }) => statement);

function reportOn(read: readonly (Statement | Rejection)[], items: readonly Item[], taken: readonly Taken[]): Report {
  const unread = read.flatMap((one, index) => ('rule' in one ? [{ index, ...one }] : []));
  const refused = items.flatMap(({ index, id }, nth) => {
    const result = taken[nth]!;
    return typeof result === 'string' ? [] : [{ index, ...(id === undefined ? {} : { id }), ...result }];
  });
  const count = (what: Taken) => taken.filter((result) => result === what).length;
  const rejected = [...unread, ...refused].toSorted((a, b) => a.index - b.index);
  return { accepted: count('accepted'), duplicates: 0, unchanged: count('unchanged'), rejected };
}

/** The name of a system as it may stand in an event. No `@`: it would let an address in. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}$/;

/**
 * The CloudEvents `source` of each event as a plain word for our own events: as it is, but for leading slashes; a fingerprint of
 * it where it holds anything but the characters of a system's name, since nobody can tell what that says about a person.
 */
async function plainSources(
  kit: ServiceKit,
  tx: Transaction,
  sources: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const plain = new Map([...sources].map((source) => [source, source.replace(/^\/+/, '')]));
  const odd = [...plain].filter(([, name]) => !PLAIN.test(name)).map(([source]) => source);
  const marks = odd.length > 0 ? await kit.vault.commitments(tx, 'feed-source', odd) : [];
  odd.forEach((source, index) => plain.set(source, `feed-${marks[index]!}`));
  return plain;
}
