import { message, type CommandOf, type MessageCommands } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { findMessage } from './messages.read-model.js';

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
  wanted: NewMessage,
): Promise<Outcome> {
  const outcome = await tell(kit, tx, cause, queueing(tx)(wanted).command);
  if (outcome.events.length > 0) await kit.vault.write(tx, wanted.personId, vaulted(wanted));
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

/**
 * `queueMessage` for many people, one message each, in as many statements as for one. Whoever was erased is left out: nothing is
 * queued for them any more (AMZ-113).
 */
export async function queueMany(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  messages: readonly NewMessage[],
): Promise<void> {
  const people = messages.map(({ personId }) => personId);
  const held = await kit.vault.readMany(tx, people, ['message']);
  const wanted = messages.filter(({ personId }) => held.get(personId)?.message.state !== 'erased');
  if (wanted.length === 0) return;
  const outcomes = await kit.commands.execute(tx, message, cause, wanted.map(queueing(tx)));
  const isNew = new Set(outcomes.flatMap(({ events }) => events.map(({ data }) => data['messageId'])));
  const words = wanted
    .filter(({ messageId }) => isNew.has(messageId))
    .map(({ personId, ...one }) => [personId, vaulted(one)] as const);
  if (words.length > 0) await kit.vault.writeMany(tx, new Map(words));
}

const queueing = (tx: Transaction) => (wanted: NewMessage) => {
  const { subject: _subject, text: _text, dueAt = tx.now, ...about } = wanted;
  return { id: about.messageId, command: { name: 'QueueMessage' as const, data: { ...about, dueAt } } };
};

const vaulted = ({ messageId, subject, text }: Words & { readonly messageId: string }) => ({
  [fieldOf(messageId)]: JSON.stringify({ subject, text }),
});

/** Messages that hold a secret: a link that lets somebody in, or a code. */
const SECRET: readonly string[] = ['invitation', 'one_time_code'];
/** After these a secret is of no use any more in here. */
const OVER: readonly string[] = ['MessageSent', 'MessageDeliveredByHand', 'MessageCalledOff'];

/** Asks the stream of a message. What was secret in its words goes from the vault once it is out, or never will be. */
export async function tell(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  command: CommandOf<MessageCommands>,
  expectedVersion?: number,
): Promise<Outcome> {
  const { messageId: id } = command.data;
  const [outcome] = await kit.commands.execute(tx, message, cause, [{ id, command, expectedVersion }]);
  if (outcome!.events.some(({ name }) => OVER.includes(name))) await forgetSecret(kit, tx, id);
  return outcome!;
}

/** Takes the secret words of a message out of the vault; nothing where it holds none. */
export async function forgetSecret(kit: ServiceKit, tx: Transaction, messageId: string): Promise<void> {
  const row = await findMessage(tx, messageId);
  if (row && SECRET.includes(row.kind)) await kit.vault.forget(tx, row.personId, [fieldOf(messageId)]);
}
