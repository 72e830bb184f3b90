import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';
import { REASONS, type Reason } from './export/unreadable.js';

/** Exports that were handed in, and how far each is. What is in them is in the vault until it is chosen or gone. */
export const capturesTable = tenantTable(
  'captures',
  `capture_id uuid not null, group_id uuid not null, state text not null, bytes bigint not null, received_at timestamptz not null, expires_at timestamptz not null,
   reason text, messages bigint, notices bigint, attachments bigint, backwards bigint, date_order text, date_order_is text, time_zone text, version integer not null`,
  'capture_id',
  'received_at, capture_id',
);

/** How far reading has got, and when it last did by the database's own clock: what stands still for long was interrupted. */
export const progressTable = tenantTable(
  'capture_progress',
  'capture_id uuid not null, bytes_read bigint not null, beat_at timestamptz not null',
  'capture_id',
);

export const capturesProjection = projection<RetentionPayloads>('captures', ['captureId'], {
  ChatExportReceived: ({ version, occurredAt, data }) => ({
    upsert: { ...data, receivedAt: occurredAt, state: 'reading', version },
  }),
  ChatExportRead: ({ version, data }) => ({ update: { ...data, state: 'ready', version } }),
  ChatExportRejected: ({ version, data }) => ({ update: { ...data, state: 'failed', version } }),
  ChatExportDiscarded: ({ version, data: { captureId, because } }) => ({
    update: { captureId, state: because, version },
  }),
});

/** One export; times are ISO 8601 UTC. */
export interface CaptureRow {
  readonly captureId: string;
  readonly groupId: string;
  readonly state: 'reading' | 'ready' | 'failed' | 'done' | 'expired';
  readonly receivedAt: string;
  readonly expiresAt: string;
  readonly progress: { readonly read: number; readonly total: number };
  readonly isStalled: boolean;
  readonly reason: string | null;
  readonly version: number;
}

const columns = `c.capture_id as "captureId", c.group_id as "groupId", c.state, iso(c.received_at) as "receivedAt", iso(c.expires_at) as "expiresAt",
  json_build_object('read', case when c.state = 'reading' then coalesce(least(p.bytes_read, c.bytes), 0) else c.bytes end, 'total', c.bytes) as progress,
  c.state = 'reading' and coalesce(p.beat_at < clock_timestamp() - interval '60 seconds', true) as "isStalled",
  c.reason, c.messages::float8, c.notices::float8, c.attachments::float8, c.backwards::float8, c.date_order as "dateOrder", c.date_order_is as "dateOrderIs",
  c.time_zone as "timeZone", c.version`;
const from = 'captures c left join capture_progress p on p.tenant_id = c.tenant_id and p.capture_id = c.capture_id';

/** One export by its id; undefined when the organisation has none. */
export async function findCapture(tx: Transaction, captureId: string): Promise<CaptureRow | undefined> {
  const [row] = await tx.query<CaptureRow>(
    `select ${columns} from ${from} where c.tenant_id = $1 and c.capture_id = $2`,
    [tx.tenantId, captureId],
  );
  return row;
}

/** Exports by the time they were handed in, from after a given one on. */
export function listCaptures(
  tx: Transaction,
  {
    after = [null, null],
    limit,
  }: { after?: readonly [string, string] | readonly [null, null] | undefined; limit: number },
): Promise<CaptureRow[]> {
  return tx.query<CaptureRow>(
    `select ${columns} from ${from} where c.tenant_id = $1 and ($2::timestamptz is null or (c.received_at, c.capture_id) > ($2::timestamptz, $3::uuid))
     order by c.received_at, c.capture_id limit $4`,
    [tx.tenantId, ...after, limit],
  );
}

/** Tells how far reading has got. */
export async function beat(tx: Transaction, captureId: string, bytesRead: number): Promise<void> {
  await tx.query(
    `insert into capture_progress (tenant_id, capture_id, bytes_read, beat_at) values ($1, $2, $3, clock_timestamp())
     on conflict (tenant_id, capture_id) do update set bytes_read = excluded.bytes_read, beat_at = excluded.beat_at`,
    [tx.tenantId, captureId, bytesRead],
  );
}

/** An export as it is answered, with the reason of a failure in words. */
export function viewOf({ isStalled: _isStalled, ...row }: CaptureRow): object {
  return { ...row, detail: row.reason === null ? null : REASONS[row.reason as Reason] };
}
