import { integerArray, textArray, uuidArray, type Transaction } from '#eventsourcing';
import type { Item } from './batch.js';
import { versionsFollowed } from './continuity.js';
import { lanesWaiting } from './parked.js';

/** What is known of one organisation's messages while a batch is handled; kept up to date as they are. */
export interface Admitted {
  /** Ids of the events that were not handled before. */
  readonly fresh: Set<string>;
  /** Lanes with parked messages. */
  readonly waiting: Set<string>;
  /** The last version handled of each stream, for projections; 0 for one it has not seen. */
  readonly followed: Map<string, number> | undefined;
  /** Those of the streams that it had seen something of before. */
  readonly seen: ReadonlySet<string>;
}

interface AdmitRow {
  readonly known: string[];
  readonly waiting: string[];
  readonly versions: Record<string, number> | null;
}

/** In one order for everybody, so that two batches never wait for each other's inbox rows. */
export const idsOf = (items: readonly Item[]): string[] =>
  [...new Set(items.flatMap(({ decoded }) => ('event' in decoded ? [decoded.event.id] : [])))].sort();

/**
 * Writes the inbox rows of one organisation's messages and reads what has to be known of them, in one statement. Call it while the
 * transaction acts for that organisation.
 */
export async function admit(
  tx: Transaction,
  { name, projects }: { readonly name: string; readonly projects: boolean },
  items: readonly Item[],
): Promise<Admitted> {
  const ids = idsOf(items);
  const lanes = new Set(items.map(({ lane }) => lane));
  const [row] = await tx.prepared<AdmitRow>('select known, waiting, versions from admit($1, $2, $3, $4, $5)', [
    tx.tenantId,
    name,
    uuidArray(ids),
    textArray([...lanes]),
    projects,
  ]);
  const { known, waiting } = row!;
  const versions = new Map(Object.entries(row!.versions ?? {}));
  const stillWaiting = waiting.length > 0 ? await lanesWaiting(tx, name, waiting) : new Set<string>();
  // A replay that was waited for has followed these streams further since: with what was read before it, the next event would look
  // like one that comes too early.
  if (projects && waiting.length > 0)
    for (const [stream, version] of await versionsFollowed(tx, name, waiting)) versions.set(stream, version);
  const fresh = new Set(ids);
  for (const id of known) fresh.delete(id);
  return {
    fresh,
    waiting: stillWaiting,
    followed: projects ? new Map([...lanes].map((lane) => [lane, versions.get(lane) ?? 0])) : undefined,
    seen: new Set([...versions].flatMap(([stream, version]) => (version > 0 ? [stream] : []))),
  };
}

/**
 * Writes how far a projection has followed one organisation's streams, and adds to the count of what was handled by topic; in one
 * statement, which goes out with the commit. Call it while the transaction acts for that organisation.
 */
export function settle(
  tx: Transaction,
  processor: string,
  { followed, seen }: Pick<Admitted, 'followed' | 'seen'>,
  counts: ReadonlyMap<string, number>,
): void {
  const moved = [...(followed ?? [])].filter(([, version]) => version > 0);
  if (moved.length === 0 && counts.size === 0) return;
  const isSeen = ([stream]: (typeof moved)[number]) => seen.has(stream);
  tx.send('select settle($1, $2, $3, $4, $5, $6, $7, $8)', [
    tx.tenantId,
    processor,
    ...columnsOf(moved.filter((one) => !isSeen(one))),
    ...columnsOf(moved.filter(isSeen)),
    [...counts.keys()],
    [...counts.values()],
  ]);
}

const columnsOf = (moved: readonly (readonly [stream: string, version: number])[]) => [
  textArray(moved.map(([stream]) => stream)),
  integerArray(moved.map(([, version]) => version)),
];
