import { v5 } from 'uuid';
import { covers, DELETION_TERMS, retention } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import { type ServiceKit, timeZone } from '#nest';
import { holdsInForce } from '../holds/holds.read-model.js';
import { termsFor } from '../items/period.js';

const DELETION_TASKS = 'b0b184af-19ae-42f3-a8a8-93a5d1b9fb41';

/** Something that is a record from now on. `startsAt` is a UTC instant in the house form, not in the future. */
export interface Kept {
  readonly itemId: string;
  readonly startsAt: string;
  readonly personId?: string;
  /** What the vault keeps of it; `reference` is where it is found. */
  readonly words: Readonly<Record<string, string>> & { readonly reference: string };
}

/** What goes for all of them: `period` an ISO 8601 duration, else the one of the group's policy. */
export interface Keeping {
  readonly groupId: string;
  readonly recordClass: string;
  readonly period?: string | undefined;
  readonly ownerId: string;
}

/**
 * Puts records of one group under retention, each as an item of its own under the holds that bear on it (CN-19, BR-61), with their
 * words in the vault. Those that are kept already stay as they are. Throws the 409 where nobody says for how long.
 */
export async function keepItems(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  { groupId, recordClass, period, ownerId }: Keeping,
  kept: readonly Kept[],
): Promise<Outcome[]> {
  if (kept.length === 0) return [];
  const asked = { recordClass, ownerId, ...(period ? { period } : {}) };
  const terms = await termsFor(
    tx,
    groupId,
    kept.map(({ startsAt, personId }) => ({ ...asked, startsAt, ...(personId ? { personId } : {}) })),
  );
  const zone = await timeZone(tx);
  const holds = await holdsInForce(tx);
  const requests = kept.map(({ itemId, startsAt, personId }, index) => {
    const deletion = { taskId: v5(itemId, DELETION_TASKS), ...DELETION_TERMS };
    const about = personId === undefined ? {} : { personId };
    return { itemId, startsAt, ...about, recordClass, ownerId, groupId, ...terms[index]!, timeZone: zone, deletion };
  });
  const outcomes = await kit.commands.execute(
    tx,
    retention,
    cause,
    requests.map((data) => ({ id: data.itemId, command: { name: 'Schedule' as const, data } })),
  );
  const held = requests.flatMap((data) =>
    holds
      .filter(({ scope }) => covers(scope, { ...data, people: [ownerId, data.personId] }))
      .map(({ holdId }) => ({ itemId: data.itemId, holdId, rules: [] })),
  );
  await kit.commands.execute(
    tx,
    retention,
    cause,
    held.map((data) => ({ id: data.itemId, command: { name: 'ApplyHold' as const, data } })),
  );
  const isNew = (index: number) => outcomes[index]!.events.length > 0;
  await kit.vault.writeMany(
    tx,
    new Map(kept.filter((_, index) => isNew(index)).map((item) => [item.itemId, item.words])),
  );
  return outcomes;
}
