import { message, type CommandOf, type MessageCommands } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';

/** The words of a message, as its reader gets them: plain text, from which the HTML part is made too. */
export interface Words {
  readonly subject: string;
  readonly text: string;
}

export type NewMessage = Omit<MessageCommands['QueueMessage'], 'dueAt'> & Words & { readonly dueAt?: string };

const fieldOf = (messageId: string) => `message:${messageId}`;

/**
 * Puts a message to a person on its way in the caller's transaction: it is sent at `dueAt`, now unless said (ISO 8601 UTC), and tried until
 * `giveUpAt`, two days unless said. The words go into the vault under the person's id. The same `messageId` again is nothing new.
 * Throws SubjectErased where the person was erased.
 */
export async function queueMessage(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  { subject, text, dueAt = tx.now, ...about }: NewMessage,
): Promise<Outcome> {
  const outcome = await tell(kit, tx, cause, { name: 'QueueMessage', data: { ...about, dueAt } });
  if (outcome.events.length > 0)
    await kit.vault.write(tx, about.personId, { [fieldOf(about.messageId)]: JSON.stringify({ subject, text }) });
  return outcome;
}

/** The words of a message, or why they cannot be had. */
export async function wordsOf(
  kit: ServiceKit,
  tx: Transaction,
  { messageId, personId }: { messageId: string; personId: string },
): Promise<Words | 'erased' | 'absent' | 'unreadable'> {
  const field = fieldOf(messageId);
  const found = (await kit.vault.read(tx, personId, [field]))[field]!;
  return found.state === 'value' ? (JSON.parse(found.value) as Words) : found.state;
}

/** Asks the stream of a message. */
export async function tell(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  command: CommandOf<MessageCommands>,
  expectedVersion?: number,
): Promise<Outcome> {
  const { messageId: id } = command.data;
  const [outcome] = await kit.commands.execute(tx, message, cause, [{ id, command, expectedVersion }]);
  return outcome!;
}
