import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import { idOf, instantIn, invalid, pastInstantIn, type CallOf } from '#nest';
import type { GiveConsent } from './consents.dto.js';

/** Activities that are over, as membership said: nobody can agree to anything for one of them any more. */
export const endedActivitiesTable = tenantTable(
  'ended_activities',
  'activity_id uuid not null, ended_at timestamptz not null',
  'activity_id',
);

/** Groups that are closed, as membership said: nobody agrees to be in one of them, nor is invited to it. */
export const closedGroupsTable = tenantTable(
  'closed_groups',
  'group_id uuid not null, closed_at timestamptz not null',
  'group_id',
);

/**
 * Until when a consent is to last, as GiveConsent takes it: to a stated end, with an activity, or neither. Throws the 400 for an end that
 * is not after the consent itself.
 */
export async function lastingOf({ tx, body }: CallOf<typeof GiveConsent>) {
  const expiresAt = body.expiresAt === undefined ? undefined : instantIn('body/expiresAt', body.expiresAt);
  if (expiresAt !== undefined && expiresAt <= pastInstantIn('body/occurredAt', body.occurredAt, tx.now))
    throw invalid([{ field: 'body/expiresAt', rule: 'must be after the consent was given' }]);
  const activityId = body.activityId === undefined ? undefined : idOf(body.activityId);
  const purposeEndedAt = (activityId && (await endOf(tx, activityId))) ?? (await groupClosedAt(tx, idOf(body.groupId)));
  return {
    ...(expiresAt ? { expiresAt } : {}),
    ...(activityId ? { activityId } : {}),
    ...(purposeEndedAt ? { purposeEndedAt } : {}),
  };
}

/** Keeps that an activity is over, and who had agreed for its sake, by group. */
export async function endActivity(tx: Transaction, activityId: string, endedAt: string) {
  await oneAtATime(tx, 'activity', activityId);
  await writeRows(tx, 'ended_activities', ['activityId'], [{ upsert: { activityId, endedAt } }]);
  return tx.query<{ groupId: string; personId: string }>(
    `select group_id as "groupId", person_id as "personId" from consents
     where tenant_id = $1 and activity_id = $2 and state = 'given' order by group_id, person_id`,
    [tx.tenantId, activityId],
  );
}

/** Keeps that a group is closed, since when (ISO 8601 UTC), and who had agreed to be in it. */
export async function closeGroup(tx: Transaction, groupId: string, closedAt: string) {
  await oneAtATime(tx, 'group', groupId);
  await writeRows(tx, 'closed_groups', ['groupId'], [{ upsert: { groupId, closedAt } }]);
  return tx.query<{ groupId: string; personId: string }>(
    `select group_id as "groupId", person_id as "personId" from consents
     where tenant_id = $1 and group_id = $2 and state = 'given' order by person_id`,
    [tx.tenantId, groupId],
  );
}

/** Since when a group is closed (ISO 8601 UTC); undefined while it is not. Until the transaction ends it does not become so unseen. */
export async function groupClosedAt(tx: Transaction, groupId: string): Promise<string | undefined> {
  await oneAtATime(tx, 'group', groupId);
  const [row] = await tx.query<{ closedAt: string }>(
    'select iso(closed_at) as "closedAt" from closed_groups where tenant_id = $1 and group_id = $2',
    [tx.tenantId, groupId],
  );
  return row?.closedAt;
}

async function endOf(tx: Transaction, activityId: string): Promise<string | undefined> {
  await oneAtATime(tx, 'activity', activityId);
  const [row] = await tx.query<{ endedAt: string }>(
    'select ended_at as "endedAt" from ended_activities where tenant_id = $1 and activity_id = $2',
    [tx.tenantId, activityId],
  );
  return row?.endedAt;
}

/** An end and a consent that cross are seen by whichever comes second. */
async function oneAtATime(tx: Transaction, what: 'activity' | 'group', id: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`consent.${what}.${id}`]);
}
