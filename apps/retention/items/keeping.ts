import { v5 } from 'uuid';
import { covers, DELETION_TERMS, holdRules, retention } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import { requirePolicy, type ServiceKit, timeZone } from '#nest';
import { holdsInForce } from '../holds/holds.read-model.js';
import { termsFor } from './period.js';

const DELETION_TASKS = 'b0b184af-19ae-42f3-a8a8-93a5d1b9fb41';

/** Something that is kept from now on. `startsAt` is a UTC instant in the house form, not in the future. */
export interface Kept {
  readonly item: {
    readonly itemId: string;
    readonly startsAt: string;
    readonly personId?: string;
    readonly incidentId?: string;
  };
  /** What the vault keeps of it; `reference` is where it is found. */
  readonly words: Readonly<Record<string, string>> & { readonly reference: string };
}

/** What goes for all of them: `period` an ISO 8601 duration, else the one of the schedule or the group's policy. */
export interface Keeping {
  readonly groupId?: string;
  readonly recordClass: string;
  readonly period?: string | undefined;
  readonly ownerId: string;
  /** The version each must have; any unless said. */
  readonly expectedVersion?: number | undefined;
}

/**
 * Puts things under retention, each as an item of its own under the holds that bear on it (CN-19, BR-61), with their words in the vault.
 * Those that are kept already stay as they are, words and all. Gives one outcome for each. Throws the 409 where nobody says for how long.
 */
export async function keepItems(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  { period, expectedVersion, ...shared }: Keeping,
  kept: readonly Kept[],
): Promise<Outcome[]> {
  if (kept.length === 0) return [];
  const items = kept.map(({ item }) => ({ ...shared, ...item }));
  const terms = await termsFor(
    tx,
    shared.groupId,
    items.map((item) => ({ ...item, ...(period ? { period } : {}) })),
  );
  const zone = await timeZone(tx);
  const holds = await holdsInForce(tx);
  const rules = shared.groupId === undefined ? [] : holdRules(await requirePolicy(tx, shared.groupId));
  const commands = items.flatMap((item, index) => {
    const deletion = { taskId: v5(item.itemId, DELETION_TASKS), ...DELETION_TERMS };
    const data = { ...item, ...terms[index]!, timeZone: zone, deletion };
    const { itemId, ownerId, personId } = data;
    // A hold on which the same scope bears covers what arrives later too.
    const held = holds.filter(({ scope }) => covers(scope, { ...data, people: [ownerId, personId] }));
    return [
      { id: itemId, command: { name: 'Schedule' as const, data }, expectedVersion },
      ...held.map(({ holdId }) => ({
        id: itemId,
        command: { name: 'ApplyHold' as const, data: { itemId, holdId, rules } },
      })),
    ];
  });
  const all = await kit.commands.execute(tx, retention, cause, commands);
  const outcomes = all.filter((_, index) => commands[index]!.command.name === 'Schedule');
  const isNew = (index: number) => outcomes[index]!.events.length > 0;
  await kit.vault.writeMany(
    tx,
    new Map(kept.filter((_, index) => isNew(index)).map(({ item, words }) => [item.itemId, words])),
  );
  return outcomes;
}
