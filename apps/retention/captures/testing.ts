import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import type { Reply, TestApp } from '../../standalone/testing.js';

/** A short chat of 9 February 2024: a notice, three messages, a removal. */
export const CHAT = [
  '09/02/2024, 10:00 - Messages and calls are end-to-end encrypted.',
  '09/02/2024, 10:01 - Ann Marrow added Bob Quince',
  '09/02/2024, 10:02 - Ann Marrow: The boiler is off again',
  '09/02/2024, 10:03 - Bob Quince: IMG-20240209-WA0001.jpg (file attached)',
  '09/02/2024, 10:04 - Bob Quince: I will call\nat noon',
  '09/02/2024, 10:05 - Ann Marrow removed Bob Quince',
].join('\n');

/** A zip of these files by their names. */
export async function zipOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, content] of Object.entries(files))
    await zip.add(name, typeof content === 'string' ? new TextReader(content) : new Uint8ArrayReader(content));
  return Buffer.from(await zip.close());
}

/** Hands an export in and waits for the end of its reading, for 20 seconds at most. */
export async function handIn(
  app: TestApp,
  groupId: string,
  body: string | Buffer,
  query = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(`${app.url}/v1/captures?groupId=${groupId}&wait=20${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${app.key}`,
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/zip',
      ...headers,
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Reply['body'] };
}
