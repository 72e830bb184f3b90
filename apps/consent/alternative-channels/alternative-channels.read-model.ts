import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Who must be reached, or is reached, by another way than the group. */
export const alternativeChannelsTable = tenantTable(
  'alternative_channels',
  'group_id uuid not null, person_id uuid not null, state text not null, since timestamptz not null, because text, channel text, delivered_at timestamptz, delivered_by text, delivered_version text, message_id uuid, attested_by uuid',
  'group_id, person_id',
  'state, since, group_id, person_id',
  'person_id',
);

const undelivered = { deliveredAt: null, deliveredBy: null, deliveredVersion: null, messageId: null, attestedBy: null };

const delivered = (
  { groupId, personId, channel, textVersion, messageId, attestedBy }: ConsentPayloads['NoticeDelivered'],
  deliveredAt: string,
) => {
  const proof = { messageId: messageId ?? null, attestedBy: attestedBy ?? null };
  return { groupId, personId, deliveredAt, deliveredBy: channel, deliveredVersion: textVersion, ...proof };
};

export const alternativeChannelsProjection = projection<ConsentPayloads>(
  'alternative_channels',
  ['groupId', 'personId'],
  {
    AlternativeChannelNeeded: ({ occurredAt, data }) => ({
      upsert: { ...data, state: 'open', since: occurredAt, channel: null, ...undelivered },
    }),
    AlternativeChannelRecorded: ({ occurredAt, data }) => ({
      upsert: { ...data, state: 'recorded', since: occurredAt },
    }),
    NoticeDelivered: ({ occurredAt, data }) => ({ update: delivered(data, occurredAt) }),
    NoticeDeliveryUndone: ({ data: { groupId, personId } }) => ({ update: { groupId, personId, ...undelivered } }),
    AlternativeChannelEnded: ({ data }) => ({ remove: data }),
    /** Whoever agrees is reached in the group again. */
    ConsentGiven: ({ data: { groupId, personId } }) => ({ remove: { groupId, personId } }),
  },
);

/** One of them; `since` is when it was needed, or recorded, ISO 8601 UTC. */
export interface ChannelRow {
  readonly groupId: string;
  readonly personId: string;
  readonly state: 'open' | 'recorded';
  readonly since: string;
  readonly because: string | null;
  readonly channel: string | null;
  /** Proof that a text reached the person: when, by which way, in which version, by which mail of ours or by whose word. */
  readonly deliveredAt: string | null;
  readonly deliveredBy: string | null;
  readonly deliveredVersion: string | null;
  readonly messageId: string | null;
  readonly attestedBy: string | null;
}

/** Rows by time, oldest first, from after a given one on. */
export function listChannels(
  tx: Transaction,
  find: {
    state?: string;
    personId?: string;
    groupId?: string;
    after?: readonly [string, string, string];
    limit: number;
    /** Only those whom no text has reached yet. */
    isOwed?: boolean;
  },
): Promise<ChannelRow[]> {
  return tx.query<ChannelRow>(
    `select group_id as "groupId", person_id as "personId", state, iso(since) as since, because, channel,
       iso(delivered_at) as "deliveredAt", delivered_by as "deliveredBy", delivered_version as "deliveredVersion",
       message_id as "messageId", attested_by as "attestedBy"
     from alternative_channels
     where tenant_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or group_id = $3) and ($4::uuid is null or person_id = $4)
       and ($5::timestamptz is null or (since, group_id, person_id) > ($5::timestamptz, $6::uuid, $7::uuid))
       and (not $9::boolean or delivered_at is null)
     order by since, group_id, person_id limit $8`,
    [
      tx.tenantId,
      find.state ?? null,
      find.groupId ?? null,
      find.personId ?? null,
      ...(find.after ?? [null, null, null]),
      find.limit,
      find.isOwed ?? false,
    ],
  );
}
