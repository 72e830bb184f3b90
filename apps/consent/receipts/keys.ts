import { calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { v5 } from 'uuid';
import { receiptKeys, type ReceiptKeyCommands } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';

const KEYS = '9b0e7c52-6a40-4ac3-8a6e-37d9a2d9a9f1';
const ALGORITHM = 'EdDSA';

/** The one stream of an organisation's keys. */
const streamOf = (tx: Transaction) => v5(tx.tenantId!, KEYS);
const vaultField = (kid: string) => `receipt-key:${kid}`;
const asJwk = ({ kid, publicKey: x }: ReceiptKeyCommands['RotateKey']) => ({ kty: 'OKP', crv: 'Ed25519', x, kid });

/** Every key the organisation ever signed receipts with, as a JSON Web Key Set (RFC 7517), oldest first; empty where there is none yet. */
export async function publishedKeys(kit: ServiceKit, tx: Transaction) {
  const keys = await stateOf(kit, tx);
  return { keys: keys.map((key) => ({ ...asJwk(key), alg: ALGORITHM, use: 'sig' })) };
}

/** Signs `text` with the organisation's newest key, made now if there is none: a compact JWS (RFC 7515). */
export async function sign(kit: ServiceKit, tx: Transaction, cause: Cause, text: string): Promise<string> {
  if ((await stateOf(kit, tx)).length === 0) await makeKey(kit, tx, cause, 'MakeFirstKey');
  const newest = (await stateOf(kit, tx)).at(-1)!;
  const field = vaultField(newest.kid);
  const { [field]: kept } = await kit.vault.read(tx, tx.tenantId!, [field]);
  if (kept?.state !== 'value') throw new Error('The private part of the key that signs receipts cannot be read');
  const secret: JWK = { ...asJwk(newest), d: kept.value };
  return new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: ALGORITHM, kid: newest.kid, typ: 'consent-receipt', cty: 'application/ld+json' })
    .sign(await importJWK(secret, ALGORITHM));
}

/** Makes a key pair; the private part goes into the vault under the organisation's own id, so under the organisation's own key. */
export async function makeKey(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  name: keyof ReceiptKeyCommands,
): Promise<{ outcome: Outcome; kid: string }> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const { d, x } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: x! });
  const [outcome] = await kit.commands.execute(tx, receiptKeys, cause, [
    { id: streamOf(tx), command: { name, data: { kid, publicKey: x! } } },
  ]);
  if (outcome!.events.length > 0) await kit.vault.write(tx, tx.tenantId!, { [vaultField(kid)]: d! });
  return { outcome: outcome!, kid };
}

async function stateOf(kit: ServiceKit, tx: Transaction) {
  const id = streamOf(tx);
  return (await kit.commands.states(tx, receiptKeys, [id])).get(id)!.state;
}
