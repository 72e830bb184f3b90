import { v5 } from 'uuid';
import { consentReceipt } from '#domain';
import type { Cause, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { aboutOf, consentId, type About } from '../consents/consent-stream.js';
import { fieldsOf } from '../texts/texts.read-model.js';
import { sign } from './keys.js';

const RECEIPTS = '0c9c1f5e-8f0b-4a55-9b0b-2a7f6c1b7a44';

/** A receipt as it is handed out: to be read, and signed over the very same words; `keys` is where the public keys are. */
export interface SignedReceipt {
  readonly receipt: NonNullable<ReturnType<typeof consentReceipt>>;
  readonly jws: string;
  readonly keys: string;
}

/**
 * The receipt of what a person agreed to in a group, as it stands now; undefined for somebody who never agreed. It is made from the
 * history at every asking: the same history has the same receipt id.
 */
export async function receiptOf(
  kit: ServiceKit,
  tx: Transaction,
  { cause, publicUrl }: { readonly cause: Cause; readonly publicUrl: string | undefined },
  about: About,
): Promise<SignedReceipt | undefined> {
  const { personId, groupId } = aboutOf(about);
  const recordId = consentId(groupId, personId);
  const streamId = `consent-${recordId}`;
  const history = (await kit.store.read(tx, [streamId])).get(streamId)!;
  const { organisation } = await fieldsOf(kit, tx, groupId);
  const receipt = consentReceipt({
    receiptId: v5(`${recordId}:${history.length}`, RECEIPTS),
    recordId,
    createdAt: tx.now,
    organisationId: tx.tenantId!,
    ...(organisation ? { organisation } : {}),
    personId,
    groupId,
    history,
  });
  if (!receipt) return undefined;
  const jws = await sign(kit, tx, cause, JSON.stringify(receipt));
  return { receipt, jws, keys: `${publicUrl ?? ''}/i/${tx.tenantId!}/keys.json` };
}
