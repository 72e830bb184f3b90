import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes encrypted under a key, and the nonce they were encrypted with. The tag is the ciphertext's last 16 bytes. */
export interface Encrypted {
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
}

/** What a ciphertext belongs to, in words. It is not stored with it: whoever decrypts must name the same place. */
export type Context = readonly (string | number)[];

/** A new 256-bit key. */
export const newKey = () => randomBytes(32);

/** AES-256-GCM with a fresh random 96-bit nonce, bound to `context`. */
export function encrypt(key: Buffer, context: Context, plaintext: Buffer): Encrypted {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bytesOf(context));
  return { nonce, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
}

/** The plaintext; undefined when key, context or bytes are not the ones it was encrypted with. */
export function decrypt(key: Buffer, context: Context, { nonce, ciphertext }: Encrypted): Buffer | undefined {
  try {
    const end = ciphertext.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(bytesOf(context))
      .setAuthTag(ciphertext.subarray(end));
    return Buffer.concat([decipher.update(ciphertext.subarray(0, end)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Like `encrypt`, with nonce and ciphertext in one piece. */
export function seal(key: Buffer, context: Context, plaintext: Buffer): Buffer {
  const { nonce, ciphertext } = encrypt(key, context, plaintext);
  return Buffer.concat([nonce, ciphertext]);
}

/** Undoes `seal`; undefined as in `decrypt`. */
export function unseal(key: Buffer, context: Context, sealed: Buffer): Buffer | undefined {
  return decrypt(key, context, { nonce: sealed.subarray(0, NONCE_BYTES), ciphertext: sealed.subarray(NONCE_BYTES) });
}

/** A key for one use only, made from another (HKDF-SHA-256). */
export const derive = (key: Buffer, use: string) => Buffer.from(hkdfSync('sha256', key, '', `rollcall/${use}/1`, 32));

/** HMAC-SHA-256 in base64url. Of many, make one `KeyObject`: bytes are made into one for every call, which costs more than the rest. */
export const mac = (key: Buffer | KeyObject, context: Context) =>
  createHmac('sha256', key).update(bytesOf(context)).digest('base64url');

/** JSON, so that no two different contexts give the same bytes. */
const bytesOf = (context: Context) => Buffer.from(JSON.stringify(context));
