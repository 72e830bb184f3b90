import { randomInt, timingSafeEqual } from 'node:crypto';
import { v7 } from 'uuid';
import { addDuration } from '#domain';
import { tenantTable, type Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { queueMessage } from '../messages/messages.js';
import { PAGE } from './admit.js';

/** The code that was asked for last with each personal invitation, as a fingerprint; gone when it was used. */
export const oneTimeCodesTable = tenantTable(
  'one_time_codes',
  'invite_id uuid not null, person_id uuid not null, code_hash text not null, expires_at timestamptz not null, tries int not null',
  'invite_id, person_id',
);

/** Whose invitation a code is for. */
export interface For {
  readonly inviteId: string;
  readonly personId: string;
}

const LIFE = 'PT10M';
const TRIES = 5;

const fingerprint = async (kit: ServiceKit, tx: Transaction, { inviteId, personId }: For, code: string) =>
  Buffer.from(await kit.vault.commitment(tx, 'one-time-code', `${inviteId}:${personId}:${code}`));

/** Mails six digits to the person, in place of any before; they are good for ten minutes and five tries. Throws SubjectErased. */
export async function issueCode(kit: ServiceKit, tx: Transaction, about: For & { groupId: string }): Promise<void> {
  const { inviteId, personId, groupId } = about;
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const expiresAt = addDuration(tx.now, LIFE);
  await tx.query(
    `insert into one_time_codes (tenant_id, invite_id, person_id, code_hash, expires_at, tries) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, invite_id, person_id) do update
     set code_hash = excluded.code_hash, expires_at = excluded.expires_at, tries = excluded.tries`,
    [tx.tenantId, inviteId, personId, (await fingerprint(kit, tx, about, code)).toString(), expiresAt, TRIES],
  );
  // Who asked for it is not known yet.
  const cause = { actor: { kind: 'system' as const, id: PAGE } };
  await queueMessage(kit, tx, cause, {
    messageId: v7(),
    personId,
    groupId,
    kind: 'one_time_code',
    giveUpAt: expiresAt,
    subject: 'Your code for the invitation',
    text: `${code}\n\nThis is the code that was asked for on the page of your invitation. Enter it there within ten minutes.\n\nIf you did not ask for it, do nothing: without the code nobody can answer in your name. Do not pass it on; nobody from the organisation will ask you for it.`,
  });
}

/** Whether this is the code; each look costs a try, and the right one is used up by it. */
export async function checkCode(kit: ServiceKit, tx: Transaction, about: For, code: string): Promise<boolean> {
  const { inviteId, personId } = about;
  const key = [tx.tenantId, inviteId, personId];
  const [held] = await tx.query<{ hash: string }>(
    `update one_time_codes set tries = tries - 1
     where tenant_id = $1 and invite_id = $2 and person_id = $3 and tries > 0 and expires_at > $4 returning code_hash as hash`,
    [...key, tx.now],
  );
  if (!held || !timingSafeEqual(await fingerprint(kit, tx, about, code), Buffer.from(held.hash))) return false;
  await tx.query('delete from one_time_codes where tenant_id = $1 and invite_id = $2 and person_id = $3', key);
  return true;
}
