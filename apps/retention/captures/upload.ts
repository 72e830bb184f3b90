import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import { HttpProblem, invalid, problem } from '#nest';

/** An export as it came, in a file that has no name any more: whatever becomes of this process, the file is gone with it. */
export interface Upload {
  readonly file: FileHandle;
  readonly bytes: number;
  readonly form: 'text' | 'zip';
}

const LARGEST = 2 * 1024 ** 3;
const FORMS: Readonly<Record<string, Upload['form']>> = { 'text/plain': 'text', 'application/zip': 'zip' };
type Environment = Readonly<Record<string, string | undefined>>;

/** How many bytes an export may have: 2 GiB, or what `ROLLCALL_CAPTURE_LIMIT` says. */
export function largestUpload(env: Environment): number {
  const limit = Number(env['ROLLCALL_CAPTURE_LIMIT'] ?? LARGEST);
  if (!Number.isSafeInteger(limit) || limit < 1) throw new Error('ROLLCALL_CAPTURE_LIMIT is a number of bytes');
  return limit;
}

/**
 * Writes the body of a request to a file, never holding more than a chunk of it. The caller closes the file.
 * Throws the 413 as soon as it is known to be too large, the 415 for what is no export, the 400 for an empty or broken-off one.
 */
export async function takeIn(request: Request, response: Response, env: Environment): Promise<Upload> {
  const form = FORMS[(request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()];
  const limit = largestUpload(env);
  hangUpLater(request, response);
  if (!form || (request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new HttpProblem(
      problem(415, 'unsupported-type', 'Send the text of the chat (text/plain) or the zip (application/zip) as it is.'),
    );
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const path = join(env['ROLLCALL_CAPTURES'] ?? tmpdir(), `rollcall-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    const bytes = await write(request, file, limit);
    if (bytes === 0) throw invalid([{ field: 'body', rule: 'must not be empty' }]);
    return { file, bytes, form };
  } catch (error) {
    await file.close();
    throw refusalOf(error);
  }
}

async function write(request: Request, file: FileHandle, limit: number): Promise<number> {
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge(limit);
    await file.writeFile(chunk);
  }
  return bytes;
}

const tooLarge = (limit: number) =>
  new HttpProblem(
    problem(413, 'too-large', `An export may have ${limit} bytes at most. Export the chat without media.`),
  );

function refusalOf(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new HttpProblem(
      problem(503, 'no-space', 'There is no room for the export at the moment. Nothing was kept.'),
      {
        'retry-after': '60',
      },
    );
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET')
    return new HttpProblem(problem(400, 'invalid-input', 'The request ended before its body was complete.'));
  return error;
}

/** Whoever goes on sending after the answer is listened to for a moment, so that they see it, and no longer. */
function hangUpLater(request: Request, response: Response): void {
  const { socket } = request;
  const hangUp = () => request.complete || socket.destroy();
  response.once('finish', () => request.complete || setTimeout(hangUp, 5_000).unref());
}
