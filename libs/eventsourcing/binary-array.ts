/**
 * Arrays in Postgres's binary form. The driver sends a Buffer as it is; from a plain array it makes a text in which every quote of every
 * element is escaped, and the server undoes that again: for bodies of JSON most of the work of an append.
 */
const TEXT = 25;
const INT4 = 23;
const UUID = 2950;

/** A `text[]`; elements must not hold NUL. */
export function textArray(values: readonly (string | null)[]): Buffer {
  const sizes = values.map((value) => (value === null ? null : Buffer.byteLength(value)));
  return fill(TEXT, sizes, (buffer, at, nr) => buffer.write(values[nr]!, at));
}

/** An `integer[]`. */
export function integerArray(values: readonly (number | null)[]): Buffer {
  const sizes = values.map((value) => (value === null ? null : 4));
  return fill(INT4, sizes, (buffer, at, nr) => buffer.writeInt32BE(values[nr]!, at));
}

/** A `uuid[]` of UUIDs in their usual form. */
export function uuidArray(values: readonly string[]): Buffer {
  return fill(
    UUID,
    values.map(() => 16),
    (buffer, at, nr) => buffer.write(values[nr]!.replaceAll('-', ''), at, 'hex'),
  );
}

/** One dimension counted from 1; each element is its length and its bytes, a null the length -1 and nothing. */
function fill(
  type: number,
  sizes: readonly (number | null)[],
  write: (buffer: Buffer, at: number, nr: number) => unknown,
): Buffer {
  const head = [1, sizes.includes(null) ? 1 : 0, type, sizes.length, 1];
  const length = sizes.reduce<number>((sum, size) => sum + 4 + (size ?? 0), head.length * 4);
  const buffer = Buffer.allocUnsafe(length);
  let at = 0;
  for (const word of head) at = buffer.writeInt32BE(word, at);
  sizes.forEach((size, nr) => {
    at = buffer.writeInt32BE(size ?? -1, at);
    if (size === null) return;
    write(buffer, at, nr);
    at += size;
  });
  return buffer;
}
