import { v5 } from 'uuid';
import type { Static } from 'typebox';
import { keptMessage, rosterEvidence } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import { idOf, invalid, type ServiceKit } from '#nest';
import { keepItems } from '../items/keeping.js';
import { MOST_KEPT, type Keep } from './captures.dto.js';
import { PAGE, readPages, readSummary, type Shown } from './export/pages.js';

const KEPT = '0d6a2f0e-8c1b-4a6e-9d43-2f6b3c0f7a11';
const EVIDENCE = '7a4d9d3c-51f7-4c0b-8f0e-6b8f4d2f9e02';
const WORDS = { join: 'joined', leave: 'left', removal: 'removed' } as const;

/** What is chosen from, and in whose name. */
export interface Choosing {
  readonly kit: ServiceKit;
  readonly tx: Transaction;
  readonly cause: Cause;
  readonly captureId: string;
  readonly groupId: string;
}

/** Makes the chosen messages records, each once however often its export is handed in (CN-17). Throws the 400 for what cannot be chosen. */
export async function keepChosen(choosing: Choosing, wish: Static<typeof Keep>) {
  const { kit, tx, cause, captureId, groupId } = choosing;
  const lines = await chosenLines(choosing, wish);
  if (lines.length === 0) return { kept: [], alreadyKept: [], outcomes: [] };
  const { recordClass, ownerId, period, startsAt = 'sent' } = wish;
  if (recordClass === undefined || ownerId === undefined)
    throw invalid([{ field: 'body', rule: 'must name recordClass and ownerId where messages are kept' }]);
  const people = peopleIn(wish);
  const hashes = await kit.vault.commitments(
    tx,
    'chat_message',
    lines.map((line) => statementOf(groupId, line)),
  );
  const messages = lines.map((line, index) => {
    const personId = people.get(line.sender ?? '');
    return { line, personId, commitment: hashes[index]!, itemId: v5(`${groupId} ${hashes[index]!}`, KEPT) };
  });
  const outcomes = await kit.commands.execute(
    tx,
    keptMessage,
    cause,
    messages.map(({ line, itemId, commitment, personId }) => {
      const about = { captureId, groupId, itemId, commitment, sentAt: line.at, attachments: line.attachments.length };
      const data = { ...about, ...(personId ? { personId } : {}) };
      return { id: itemId, command: { name: 'KeepMessage', data }, occurredAt: tx.now };
    }),
  );
  const isNew = (index: number) => outcomes[index]!.events.length > 0;
  const fresh = messages.filter((_, index) => isNew(index));
  const items = fresh.map(({ line, itemId, personId }) => ({
    item: {
      itemId,
      startsAt: startsAt === 'sent' && line.at < tx.now ? line.at : tx.now,
      ...(personId ? { personId } : {}),
    },
    words: { reference: `WhatsApp, ${line.at}, ${line.sender ?? ''}`, message: JSON.stringify(wordsOf(line)) },
  }));
  const keeping = { groupId, recordClass, period, ownerId: idOf(ownerId) };
  const kept = await keepItems(kit, tx, cause, keeping, items);
  const alreadyKept = messages.filter((_, index) => !isNew(index)).map(({ itemId }) => itemId);
  return { kept: fresh.map(({ itemId }) => itemId), alreadyKept, outcomes: [...outcomes, ...kept] };
}

/** What the fingerprint is of: the group, the time, the words and files, and which of several equal ones. */
const statementOf = (groupId: string, { at, sender, text, attachments, nth }: Shown): string =>
  JSON.stringify([groupId, at, sender, text, attachments.map(({ name }) => name), nth]);

const wordsOf = ({ at, sender, text, kind, attachments }: Shown) => ({ at, sender, text, kind, attachments });

const peopleIn = ({ senders = [] }: Static<typeof Keep>) =>
  new Map(senders.map(({ label, personId }) => [label, idOf(personId)]));

async function chosenLines({ kit, tx, captureId }: Choosing, wish: Static<typeof Keep>): Promise<Shown[]> {
  const chosen = indexesIn(wish);
  const pages = [...new Set([...chosen].map((index) => Math.floor(index / PAGE)))].sort((a, b) => a - b);
  const lines: Shown[] = [];
  // A page at a time: what is chosen may lie far apart.
  for (const page of pages)
    lines.push(...(await readPages(kit, tx, captureId, [page])).filter(({ index }) => chosen.has(index)));
  if (lines.length < chosen.size) throw invalid([{ field: 'body/indexes', rule: 'must be lines of the chat' }]);
  return lines;
}

function indexesIn({ indexes = [], ranges = [] }: Static<typeof Keep>): Set<number> {
  const chosen = new Set(indexes);
  for (const [at, { from, to }] of ranges.entries()) {
    if (to < from) throw invalid([{ field: `body/ranges/${at}`, rule: 'must not end before it begins' }]);
    if (chosen.size + to - from > MOST_KEPT) throw tooMany();
    for (let index = from; index <= to; index++) chosen.add(index);
  }
  if (chosen.size > MOST_KEPT) throw tooMany();
  return chosen;
}

const tooMany = () =>
  invalid([{ field: 'body', rule: `must choose ${MOST_KEPT} lines at most; send finish: false to choose more` }]);

/** Puts on record who came, left or was taken out by the chat's own lines, of the people the caller named. Evidence, and no proof. */
export async function findEvidence(
  { kit, tx, cause, captureId, groupId }: Choosing,
  wish: Static<typeof Keep>,
): Promise<Outcome[]> {
  const people = peopleIn(wish);
  if (people.size === 0) return [];
  const { notices } = await readSummary(kit, tx, captureId);
  const inOrder = [...notices].sort((a, b) => a.at.localeCompare(b.at));
  const found = inOrder.flatMap(({ at, kind, people: labels }) =>
    labels.flatMap((label) => {
      const personId = people.get(label);
      return personId === undefined || at > tx.now ? [] : [{ at, personId, evidence: WORDS[kind] }];
    }),
  );
  const latest = new Map(found.map((line) => [line.personId, line]));
  return kit.commands.execute(
    tx,
    rosterEvidence,
    cause,
    found.map((line) => {
      const { at, personId, evidence } = line;
      const data = { captureId, groupId, personId, evidence, isLatest: latest.get(personId) === line };
      const id = v5(`${groupId} ${personId} ${evidence} ${at}`, EVIDENCE);
      return { id, command: { name: 'FindEvidence', data }, occurredAt: at };
    }),
  );
}
