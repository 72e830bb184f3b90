import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import {
  ERR_ENCRYPTED,
  ERR_ENCRYPTED_CENTRAL_DIRECTORY,
  ERR_UNSAFE_FILENAME,
  Reader,
  ZipReader,
  type FileEntry,
} from '@zip.js/zip.js';
import { kindOf, type Attached } from './attachments.js';
import { NotAChat } from './unreadable.js';

const MOST_FILES = 20_000;
/** Bytes of the zip that are read in one go: its list of files is. */
const LARGEST_READ = 64 * 1024 ** 2;
/** What everything in it may expand to, and how many times its size a file may expand that is larger than the free megabytes. */
const LARGEST = 8 * 1024 ** 3;
const LARGEST_RATIO = 200;
const FREE = 10 * 1024 ** 2;

/** The one chat of a zip, and the attachments beside it by the name that the chat calls them. */
export interface Archive {
  readonly chat: FileEntry;
  readonly attachments: readonly FileEntry[];
}

/** Reads a zip where it lies; tells how far it has got. */
export class OpenFile extends Reader<FileHandle> {
  constructor(
    readonly file: FileHandle,
    size: number,
    readonly onRead: (upTo: number) => void,
  ) {
    super(file);
    this.size = size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    if (length > LARGEST_READ) throw new NotAChat('too_many_files');
    const { buffer, bytesRead } = await this.file.read(Buffer.alloc(length), 0, length, index);
    this.onRead(index + bytesRead);
    return buffer.subarray(0, bytesRead);
  }
}

/** Finds the chat in a zip without unpacking anything. @throws NotAChat */
export async function openArchive(reader: OpenFile): Promise<Archive> {
  const entries: FileEntry[] = [];
  let expanded = 0;
  // Streams of the platform, in this process: threads of its own would outlive a job.
  const zip = new ZipReader(reader, {
    useWebWorkers: false,
    filenameValidation: 'strict',
    checkOverlappingEntry: true,
  });
  try {
    for await (const entry of zip.getEntriesGenerator()) {
      if (entry.encrypted) throw new NotAChat('encrypted_zip');
      if (entry.directory) continue;
      expanded += entry.uncompressedSize;
      if (expanded > LARGEST || growsTooMuch(entry, entry.uncompressedSize)) throw new NotAChat('expands_too_much');
      if (entries.push(entry) > MOST_FILES) throw new NotAChat('too_many_files');
    }
  } catch (error) {
    throw asNotAChat(error);
  }
  const chat = chatAmong(entries);
  return { chat, attachments: entries.filter((entry) => entry !== chat) };
}

/** Chats are called `_chat.txt` by one system and after the group by the other, in its language. */
function chatAmong(entries: readonly FileEntry[]): FileEntry {
  const texts = entries.filter(({ filename }) => /^[^/]+\.txt$/i.test(filename));
  const named = [/^_chat\.txt$/i, /whatsapp/i].map((name) => texts.filter(({ filename }) => name.test(filename)));
  const [chat, ...others] = named.find((found) => found.length > 0) ?? [];
  if (others.length > 0) throw new NotAChat('several_chats');
  if (chat) return chat;
  throw new NotAChat(entries.some(({ filename }) => /\.zip$/i.test(filename)) ? 'nested_zip' : 'no_chat');
}

const growsTooMuch = ({ compressedSize }: FileEntry, size: number) =>
  size > FREE && size > Math.max(compressedSize, 1) * LARGEST_RATIO;

/** Inflates one file, chunk by chunk, as fast as they are taken. It ends the moment the file becomes larger than it may. @throws NotAChat */
export async function* inflate(entry: FileEntry): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const stop = new AbortController();
  const work = entry.getData(writable, { signal: stop.signal, checkSignature: true, useWebWorkers: false });
  const ended = work.then(
    () => undefined,
    (error: unknown) => error,
  );
  let size = 0;
  let isWhole = false;
  try {
    for await (const chunk of readable) {
      size += chunk.length;
      if (size > entry.uncompressedSize || growsTooMuch(entry, size)) throw new NotAChat('expands_too_much');
      yield chunk;
    }
    isWhole = true;
  } catch (error) {
    throw asNotAChat(error);
  } finally {
    if (!isWhole) stop.abort();
    await ended;
  }
  const fault = await ended;
  if (fault) throw asNotAChat(fault);
}

/** What an attachment is: its fingerprint (SHA-256, hex), its size in bytes and its kind. Nothing of it is kept. */
export async function measure(entry: FileEntry): Promise<Attached> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of inflate(entry)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { kind: kindOf(entry.filename), sha256: hash.digest('hex'), size };
}

function asNotAChat(error: unknown): NotAChat {
  if (error instanceof NotAChat) return error;
  const { message } = error as Error;
  if (message === ERR_UNSAFE_FILENAME) return new NotAChat('unsafe_name');
  if (message === ERR_ENCRYPTED || message === ERR_ENCRYPTED_CENTRAL_DIRECTORY) return new NotAChat('encrypted_zip');
  return new NotAChat('damaged_zip');
}
