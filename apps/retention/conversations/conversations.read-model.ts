import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Who writes with whom as a last resort, and who was refused it. Why is in the vault. */
export const conversationsTable = tenantTable(
  'conversations',
  `conversation_id uuid not null, group_id uuid not null, person_id uuid not null, worker_id uuid not null, state text not null, asked_at timestamptz not null,
   missing text, limited_to text, attempts json, closed_at timestamptz, channel text, version integer not null`,
  'conversation_id',
  'asked_at, conversation_id',
  'person_id',
  'worker_id',
);

export const conversationsProjection = projection<RetentionPayloads>('conversations', ['conversationId'], {
  ConversationJustified: ({ version, occurredAt, data }) => ({
    upsert: { ...data, state: 'open', missing: null, askedAt: occurredAt, version },
  }),
  ConversationRefused: ({ version, occurredAt, data }) => ({
    upsert: { ...data, state: 'refused', askedAt: occurredAt, version },
  }),
  ConversationClosed: ({ version, occurredAt, data: { conversationId, channel } }) => ({
    update: { conversationId, channel, state: 'closed', closedAt: occurredAt, version },
  }),
});

/** One conversation, or the wish for one; times are ISO 8601 UTC. */
export interface ConversationRow {
  readonly conversationId: string;
  readonly groupId: string;
  readonly askedAt: string;
  readonly state: 'open' | 'closed' | 'refused';
  readonly version: number;
}

const columns = `conversation_id as "conversationId", group_id as "groupId", person_id as "personId", worker_id as "workerId", state, iso(asked_at) as "askedAt",
  missing, limited_to as "limitedTo", attempts, iso(closed_at) as "closedAt", channel, version`;

/** Conversations by the time they were asked for, from after a given one on. */
export function listConversations(
  tx: Transaction,
  find: {
    conversationId?: string;
    state?: string;
    personId?: string;
    workerId?: string;
    after?: readonly [string, string] | undefined;
    limit: number;
  },
): Promise<ConversationRow[]> {
  const { conversationId = null, state = null, personId = null, workerId = null, after = [null, null], limit } = find;
  return tx.query<ConversationRow>(
    `select ${columns} from conversations
     where tenant_id = $1 and ($2::uuid is null or conversation_id = $2) and ($3::text is null or state = $3) and ($4::uuid is null or person_id = $4)
       and ($5::uuid is null or worker_id = $5) and ($6::timestamptz is null or (asked_at, conversation_id) > ($6::timestamptz, $7::uuid))
     order by asked_at, conversation_id limit $8`,
    [tx.tenantId, conversationId, state, personId, workerId, ...after, limit],
  );
}
