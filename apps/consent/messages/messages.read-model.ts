import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Every message and where it stands; its words are in the vault under the person's id. */
export const messagesTable = tenantTable(
  'messages',
  `message_id uuid not null, person_id uuid not null, group_id uuid, kind text not null, text_version text, agreement_version text, state text not null,
   due_at timestamptz not null, give_up_at timestamptz not null, next_at timestamptz, attempts int not null default 0, reason text,
   uncertain boolean not null default false, delivered_at timestamptz, channel text`,
  'message_id',
  'state, message_id',
  'person_id, message_id',
);

export const messagesProjection = projection<ConsentPayloads>('messages', ['messageId'], {
  MessageQueued: ({ data }) => ({ upsert: { ...data, state: 'queued', nextAt: data.dueAt } }),
  MessageDue: ({ data: { messageId } }) => ({ update: { messageId, state: 'due', nextAt: null } }),
  MessageAttempted: ({ data: { messageId, attempt } }) => ({
    update: { messageId, state: 'attempted', attempts: attempt },
  }),
  MessageSent: ({ occurredAt, data: { messageId } }) => ({
    update: { messageId, state: 'sent', deliveredAt: occurredAt, channel: 'email', reason: null, nextAt: null },
  }),
  MessageFailed: ({ data: { messageId, reason, again } }) => ({
    update: { messageId, state: again ? 'retrying' : 'given_up', reason, nextAt: again ?? null },
  }),
  MessageOutcomeUncertain: ({ data: { messageId } }) => ({ update: { messageId, uncertain: true } }),
  MessageGivenUp: ({ data: { messageId } }) => ({ update: { messageId, state: 'given_up', nextAt: null } }),
  MessageHeld: ({ data: { messageId } }) => ({ update: { messageId, state: 'held', nextAt: null } }),
  MessageUndeliverable: ({ data: { messageId, because } }) => ({
    update: { messageId, state: 'undeliverable', reason: because, nextAt: null },
  }),
  MessageBounced: ({ data: { messageId } }) => ({
    update: { messageId, state: 'bounced', deliveredAt: null, channel: null },
  }),
  MessageCalledOff: ({ data: { messageId, because } }) => ({
    update: { messageId, state: 'called_off', reason: because, nextAt: null },
  }),
  MessageDeliveredByHand: ({ occurredAt, data: { messageId, channel } }) => ({
    update: { messageId, state: 'by_hand', deliveredAt: occurredAt, channel, nextAt: null },
  }),
});

/** One message; times are ISO 8601 UTC. `nextAt` is when it is sent or tried again, `uncertain` whether it may have been sent twice. */
export interface MessageRow {
  readonly messageId: string;
  readonly personId: string;
  readonly groupId: string | null;
  readonly kind: ConsentPayloads['MessageQueued']['kind'];
  readonly textVersion: string | null;
  readonly agreementVersion: string | null;
  readonly state: string;
  readonly dueAt: string;
  readonly giveUpAt: string;
  readonly nextAt: string | null;
  readonly attempts: number;
  readonly reason: string | null;
  readonly uncertain: boolean;
  readonly deliveredAt: string | null;
  readonly channel: string | null;
}

const COLUMNS = `message_id as "messageId", person_id as "personId", group_id as "groupId", kind, text_version as "textVersion", agreement_version as "agreementVersion", state,
  iso(due_at) as "dueAt", iso(give_up_at) as "giveUpAt", iso(next_at) as "nextAt", attempts, reason, uncertain,
  iso(delivered_at) as "deliveredAt", channel`;

/** One message by its id; undefined where the organisation has no such message. */
export async function findMessage(tx: Transaction, messageId: string): Promise<MessageRow | undefined> {
  const sql = `select ${COLUMNS} from messages where tenant_id = $1 and message_id = $2`;
  return (await tx.query<MessageRow>(sql, [tx.tenantId, messageId]))[0];
}

export interface MessageFilter {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly personId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly after: string | null;
  readonly limit: number;
}

/** The states in which a message waits for somebody or for its time. */
const WAITING = ['queued', 'due', 'attempted', 'retrying', 'held'];

/** Messages by id, from after a given one on; the state `waiting` stands for all that are not over. */
export function listMessages(tx: Transaction, find: MessageFilter): Promise<MessageRow[]> {
  const { state, kind, personId, groupId, after, limit } = find;
  const states = state === 'waiting' ? WAITING : state && [state];
  return tx.query<MessageRow>(
    `select ${COLUMNS} from messages
     where tenant_id = $1 and ($2::text[] is null or state = any($2)) and ($3::text is null or kind = $3)
       and ($4::uuid is null or person_id = $4) and ($5::uuid is null or group_id = $5) and ($6::uuid is null or message_id > $6)
     order by message_id limit $7`,
    [tx.tenantId, states ?? null, kind ?? null, personId ?? null, groupId ?? null, after, limit],
  );
}
