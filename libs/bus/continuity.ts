import type { RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { versionsDiscarded } from './parked.js';

/** The last version of each of these streams that a projection has handled; a stream it has not seen stands at 0. */
export async function versionsFollowed(
  tx: Transaction,
  processor: string,
  streams: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.query<{ stream_id: string; version: number }>(
    'select stream_id, version from followed where tenant_id = $1 and processor = $2 and stream_id = any($3)',
    [tx.tenantId, processor, [...new Set(streams)]],
  );
  const known = new Map(rows.map((row) => [row.stream_id, row.version]));
  return new Map(streams.map((stream) => [stream, known.get(stream) ?? 0]));
}

/**
 * Whether the event is the next one of its stream, and if so moves the stream on. A projection that goes on over a gap would be wrong
 * without anybody noticing: lost and reordered messages are found here, where the inbox finds repeated ones.
 */
export function follows(event: RecordedEvent, followed: Map<string, number>): boolean {
  if (event.version !== (followed.get(event.streamId) ?? 0) + 1) return false;
  followed.set(event.streamId, event.version);
  return true;
}

/** Writes how far the projection has followed these streams; in the transaction of its effects. */
export async function keepFollowed(
  tx: Transaction,
  processor: string,
  followed: ReadonlyMap<string, number>,
): Promise<void> {
  const moved = [...followed].filter(([, version]) => version > 0);
  if (moved.length === 0) return;
  await tx.prepared(
    `insert into followed (tenant_id, processor, stream_id, version) select $1, $2, * from unnest($3::text[], $4::int[])
     on conflict (tenant_id, processor, stream_id) do update set version = excluded.version where followed.version < excluded.version`,
    [tx.tenantId, processor, moved.map(([stream]) => stream), moved.map(([, version]) => version)],
  );
}

/** As `follows`, and over what an operator has given up for good: a discarded event will not come any more. */
export async function comesNext(
  tx: Transaction,
  processor: string,
  event: RecordedEvent,
  followed: Map<string, number>,
): Promise<boolean> {
  if (follows(event, followed)) return true;
  const { streamId } = event;
  for (const version of await versionsDiscarded(tx, processor, streamId))
    if (version === (followed.get(streamId) ?? 0) + 1) followed.set(streamId, version);
  return follows(event, followed);
}
