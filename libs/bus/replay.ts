import type { RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { itemOf } from './batch.js';
import { comesNext, keepFollowed, versionsFollowed } from './continuity.js';
import { attempt, type Processing } from './handling.js';
import { parkedIdOf, settleParked, takeWaiting } from './parked.js';

/**
 * Handles the parked messages of one lane again, in order, through the same handlers and the same inbox; stops at the first that still
 * fails, which stays parked. Returns the ids that were replayed. Call inside a transaction of the organisation [R19].
 */
export async function replayLane(processing: Processing, tx: Transaction, lane: string): Promise<string[]> {
  const replayed: string[] = [];
  for (const { parkedId, message } of await takeWaiting(tx, processing, lane)) {
    const { decoded } = itemOf(message);
    if (!('event' in decoded)) return replayed;
    const failed = await attempt(tx, () => handleAgain(processing, tx, parkedId, decoded.event));
    if (failed) {
      processing.log('error', `${processing.name} still cannot handle the parked message ${parkedId}`, failed.error);
      return replayed;
    }
    await settleParked(tx, parkedId, 'replayed');
    replayed.push(parkedId);
  }
  return replayed;
}

async function handleAgain(
  processing: Processing,
  tx: Transaction,
  parkedId: string,
  event: RecordedEvent,
): Promise<void> {
  const { name, projects } = processing;
  const isAdmitted = parkedId === parkedIdOf(name, event);
  if (!isAdmitted && !(await enterInbox(processing, tx, event))) return;
  const followed = projects ? await versionsFollowed(tx, name, [event.streamId]) : undefined;
  if (followed && !(await comesNext(tx, name, event, followed)))
    throw new Error('An earlier event of its stream has not come');
  if (processing.handles(event.type)) await processing.call(tx, [event]);
  if (followed) await keepFollowed(tx, name, followed);
}

/** What could not be read when it came is not in the inbox yet, unless it came once more when it could. False then: it has been taken care of. */
async function enterInbox({ name }: Processing, tx: Transaction, { id }: RecordedEvent): Promise<boolean> {
  const rows = await tx.query(
    'insert into inbox (tenant_id, processor, event_id) values ($1, $2, $3) on conflict do nothing returning 1',
    [tx.tenantId, name, id],
  );
  return rows.length > 0;
}
