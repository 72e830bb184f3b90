import type { ServiceKit } from '#nest';
import { inflate, measure, openArchive, OpenFile, type Archive } from './archive.js';
import { kindOf, type Attached } from './attachments.js';
import { ChatReader, piecesOf, type Line, type Reading } from './chat-text.js';
import { MOST_NOTICES, MOST_SENDERS, packed, PAGE, writePages, type Found, type Shown, type Summary } from './pages.js';
import { NotAChat } from './unreadable.js';
import type { Upload } from '../upload.js';

/** Where a chat is read to: `onProgress` is told how far it has got, in the transaction that writes pages or beside one. */
export interface Target {
  readonly kit: ServiceKit;
  readonly tenantId: string;
  readonly captureId: string;
  readonly onProgress: (bytes: number) => Promise<void>;
}

/** What reading came to. */
export interface ReadChat extends Summary {
  readonly order: NonNullable<ChatReader['order']>;
  readonly counts: {
    readonly messages: number;
    readonly notices: number;
    readonly attachments: number;
    readonly backwards: number;
  };
}

const CHUNK = 65_536;
const LONGEST_TEXT = 512 * 1024 ** 2;
/** Pages written in one transaction, fewer where they are larger than these characters together. */
const BATCH = 50;
const BATCH_SIZE = 4_000_000;
/** Bytes of attachments after which progress is told. */
const STEP = 16 * 1024 ** 2;

/** Reads an export into pages of the vault, holding a piece of it in memory. @throws NotAChat */
export async function readExport(upload: Upload, reading: Reading, target: Target): Promise<ReadChat> {
  if (upload.form === 'text') {
    let upTo = 0;
    const chunks = chunksOf(upload, (at) => (upTo = at));
    return new ChatWriter(target, reading, new Map(), () => upTo).write(decoded(chunks));
  }
  let upTo = 0;
  const archive = await openArchive(new OpenFile(upload.file, upload.bytes, (at) => (upTo = Math.max(upTo, at))));
  const attached = await measureAll(archive, target);
  return new ChatWriter(target, reading, attached, () => upTo).write(decoded(inflate(archive.chat)));
}

async function measureAll({ attachments }: Archive, { onProgress }: Target): Promise<Map<string, Attached>> {
  const attached = new Map<string, Attached>();
  let read = 0;
  let told = 0;
  for (const entry of attachments) {
    attached.set(entry.filename.split('/').at(-1)!, await measure(entry));
    read += entry.compressedSize;
    if (read - told < STEP) continue;
    told = read;
    await onProgress(read);
  }
  return attached;
}

async function* chunksOf({ file, bytes }: Upload, onRead: (upTo: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
    if (bytesRead === 0) return;
    onRead((at += bytesRead));
    yield buffer.subarray(0, bytesRead);
  }
}

async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > LONGEST_TEXT) throw new NotAChat('chat_too_long');
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    const isNoText = (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    throw isNoText ? new NotAChat('not_text') : error;
  }
}

/** Gathers lines into pages, and counts them. */
class ChatWriter {
  readonly #reader: ChatReader;
  readonly #senders = new Map<string, number>();
  readonly #notices: Found[] = [];
  #counts = { messages: 0, notices: 0, attachments: 0, backwards: 0 };
  #page: Shown[] = [];
  #packed: string[] = [];
  #lines = 0;
  #pages = 0;

  constructor(
    private readonly target: Target,
    reading: Reading,
    private readonly attached: ReadonlyMap<string, Attached>,
    private readonly bytesRead: () => number,
  ) {
    this.#reader = new ChatReader(reading);
  }

  async write(text: AsyncIterable<string>): Promise<ReadChat> {
    for await (const piece of piecesOf(text)) {
      for (const line of this.#reader.read(piece)) this.#add(line);
      const size = this.#packed.reduce((sum, page) => sum + page.length, 0);
      if (this.#packed.length >= BATCH || size > BATCH_SIZE) await this.#flush();
    }
    if (this.#lines === 0) throw new NotAChat('not_recognised');
    this.#pack();
    await this.#flush();
    const senders = [...this.#senders].map(([label, messages]) => ({ label, messages }));
    return { order: this.#reader.order!, counts: this.#counts, senders, notices: this.#notices };
  }

  #add({ attachment, ...line }: Line): void {
    const name = attachment ?? null;
    const attachments =
      attachment === undefined
        ? []
        : [{ name, ...(name === null ? { kind: 'omitted' } : (this.attached.get(name) ?? { kind: kindOf(name) })) }];
    this.#page.push({ index: this.#lines++, ...line, attachments });
    if (this.#page.length === PAGE) this.#pack();
    this.#counts.attachments += attachments.length;
    if (line.isBackwards) this.#counts.backwards++;
    if (line.kind === 'message') this.#counts.messages++;
    else this.#counts.notices++;
    if (
      line.kind === 'message' &&
      line.sender !== null &&
      (this.#senders.size < MOST_SENDERS || this.#senders.has(line.sender))
    )
      this.#senders.set(line.sender, (this.#senders.get(line.sender) ?? 0) + 1);
    if (line.kind !== 'message' && line.kind !== 'system' && this.#notices.length < MOST_NOTICES)
      this.#notices.push({ at: line.at, kind: line.kind, people: line.people });
  }

  #pack(): void {
    if (this.#page.length > 0) this.#packed.push(packed(this.#page));
    this.#page = [];
  }

  async #flush(): Promise<void> {
    const { kit, tenantId, captureId, onProgress } = this.target;
    await kit.database.inTenant(tenantId, (tx) => writePages(kit, tx, captureId, this.#pages, this.#packed));
    this.#pages += this.#packed.length;
    this.#packed = [];
    await onProgress(this.bytesRead());
  }
}
