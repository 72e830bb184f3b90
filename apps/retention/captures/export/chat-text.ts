import { parseString } from 'whatsapp-chat-parser';
import { wallClock, type WallTime } from '#domain';
import { noticeIn, type Kind } from './notices.js';
import { NotAChat } from './unreadable.js';

export type DateOrder = 'day_first' | 'month_first' | 'year_first';

/** How a chat is to be read: the zone its phone was in, and the order of its dates where the caller says it. `now` is UTC. */
export interface Reading {
  readonly timeZone: string;
  readonly dateOrder?: DateOrder | undefined;
  readonly now: string;
}

/** One line of a chat. `nth` tells equal messages of one time apart; `people` are whom a notice is about. */
export interface Line {
  readonly at: string;
  readonly sender: string | null;
  readonly text: string;
  readonly kind: Kind;
  readonly people: readonly string[];
  /** The file that came with it; null where the export left it out. */
  readonly attachment?: string | null;
  /** The line before it is later. */
  readonly isBackwards: boolean;
  readonly nth: number;
}

/** Characters of the first piece, over which the order of dates is judged, and of the others. */
const FIRST = 256_000;
const PIECE = 64_000;
/** A phone sends 65,536 characters at most. */
const LONGEST = 200_000;
const HEAD = 200;
/** The beginning of a message as the parser sees it: date, words, time, am or pm. */
const START =
  /^[\u200E\u200F]*\[?(\d{1,4}[-/.]\s?\d{1,4}[-/.]\s?\d{1,4})[,.]?\s(\D*?)(\d{1,2}[.:]\d{1,2}(?:[.:]\d{1,2})?)(?:\s([ap]\.?\s?m\.?))?\]?(?:\s-|:)?\s(?=[^])/i;
const BREAK = /\r\n|\r|\n/;
const MARKS = /[\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g;

/** Cuts a text at beginnings of messages, so that no more than a piece of it is in memory. @throws NotAChat */
export async function* piecesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let buffer = '';
  let wanted = FIRST;
  for await (const chunk of text) {
    buffer += chunk;
    if (buffer.length < wanted) continue;
    const cut = lastStart(buffer);
    if (cut > 0) {
      yield buffer.slice(0, cut);
      buffer = buffer.slice(cut);
      wanted = PIECE;
    } else if (!START.test(buffer.slice(0, HEAD)) && wanted === FIRST) throw new NotAChat('not_recognised');
    else if (buffer.length > wanted + LONGEST) throw new NotAChat('message_too_long');
  }
  if (buffer.length > 0) yield buffer;
}

/** Where the last message of a text begins; 0 where no line but the first begins one. */
function lastStart(text: string): number {
  for (let end = text.lastIndexOf('\n'); end > 0; end = text.lastIndexOf('\n', end - 1))
    if (START.test(text.slice(end + 1, end + 1 + HEAD))) return end + 1;
  return 0;
}

/** Reads the pieces of one chat in their order. */
export class ChatReader {
  readonly #toInstant: (wall: WallTime) => string;
  readonly #latest: string;
  #order: DateOrder | undefined;
  #isCertain = false;
  #last = '';
  /** How often a message was seen at the time of the last one. */
  #seen = new Map<string, number>();

  /** @throws RangeError on an unknown zone */
  constructor(readonly reading: Reading) {
    this.#toInstant = wallClock(reading.timeZone);
    // A phone's clock or zone may be a little ahead; a date far ahead was read in the wrong order.
    this.#latest = new Date(Date.parse(reading.now) + 86_400_000).toISOString();
    this.#order = reading.dateOrder;
  }

  /** Which order of dates was taken, and how that is known; undefined before the first piece. */
  get order(): { readonly dateOrder: DateOrder; readonly is: 'stated' | 'certain' | 'guessed' } | undefined {
    if (!this.#order) return undefined;
    const is = this.reading.dateOrder ? 'stated' : this.#isCertain ? 'certain' : 'guessed';
    return { dateOrder: this.#order, is };
  }

  /** The lines of the next piece. @throws NotAChat */
  read(piece: string): Line[] {
    const heads = piece.split(BREAK).flatMap((line) => {
      const head = START.exec(line.slice(0, HEAD));
      return head ? [head] : [];
    });
    if (heads.length === 0) throw new NotAChat('not_recognised');
    this.#order ??= this.#judge(piece, heads);
    const daysFirst = this.#order === 'day_first';
    const messages = parseString(piece, { daysFirst, parseAttachments: true });
    if (messages.length !== heads.length) throw new NotAChat('not_recognised');
    return messages.map((message, index) => this.#line(message, heads[index]!));
  }

  #judge(piece: string, heads: readonly RegExpExecArray[]): DateOrder {
    const dates = heads.map(([, date]) => numbersIn(date!));
    if (dates.every(([first]) => first! > 31)) {
      this.#isCertain = true;
      return 'year_first';
    }
    this.#isCertain = dates.some(([first, second]) => first! > 12 || second! > 12);
    const inferred = parseString(piece);
    const daysFirst = parseString(piece, { daysFirst: true });
    return inferred.every(({ date }, index) => +date === +daysFirst[index]!.date) ? 'day_first' : 'month_first';
  }

  #line({ date, author, message, attachment }: ReturnType<typeof parseString>[number], head: RegExpExecArray): Line {
    const at = this.#instant(date, head);
    const what = contentOf(author, message, attachment?.fileName);
    const isBackwards = at < this.#last;
    if (at !== this.#last) this.#seen = new Map();
    this.#last = at;
    const key = JSON.stringify([what.sender, what.text, what.attachment]);
    const nth = this.#seen.get(key) ?? 0;
    this.#seen.set(key, nth + 1);
    return { at, ...what, isBackwards, nth };
  }

  /** The day is the parser's; the time is read here, since the parser takes it for one of this computer's zone. */
  #instant(date: Date, [, day, before, time, halfDay]: RegExpExecArray): string {
    const wall = {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      ...timeIn(time!, before!, halfDay),
    };
    const written = numbersIn(day!);
    const isMeant =
      written.includes(wall.day) && written.includes(wall.month) && written.some((n) => n % 100 === wall.year % 100);
    if (!isMeant || wall.hour > 23 || wall.minute > 59 || wall.second > 59) throw new NotAChat('date_order');
    const at = this.#toInstant(wall);
    if (at > this.#latest) throw new NotAChat('date_order');
    return at;
  }
}

const numbersIn = (date: string) => date.split(/[-/.]\s?/).map(Number);

function timeIn(time: string, before: string, halfDay = '') {
  const [hour, minute, second = 0] = time.split(/[.:]/).map(Number) as [number, number, number?];
  const isPm = /^p/i.test(halfDay) || /午後|下午|오후/u.test(before);
  const isAm = /^a/i.test(halfDay) || /午前|上午|오전/u.test(before);
  const onTheClock = isPm && hour < 12 ? hour + 12 : isAm && hour === 12 ? 0 : hour;
  return { hour: onTheClock, minute, second };
}

const OMITTED = /^(?:<[^<>]{3,40}>|(?:image|video|audio|sticker|GIF|document|Contact card) omitted)$/iu;
const ATTACHED = /\u200E<[^<>:]{1,40}: ([^<>]{1,200})>/u;

/** A notice with a colon in it looks like a message to the parser. */
const TORN = / (?:created group|changed the (?:subject|group|settings))\b/u;

/** iOS marks what is not of a person's own words with a left-to-right mark; Android names no sender for it. */
function contentOf(author: string | null, message: string, file: string | undefined) {
  const isTorn = author !== null && TORN.test(author);
  const isMarked = /^[\u200E\u200F]/.test(message);
  const sender = author === null || isTorn ? null : author.replace(MARKS, '').trim();
  const text = (isTorn ? `${author}: ${message}` : message).replace(MARKS, '').trim();
  const attached = file ?? ATTACHED.exec(message)?.[1]?.trim();
  const attachment = attached ?? (OMITTED.test(text) ? null : undefined);
  const isOfThePhone = sender === null || (isMarked && attachment === undefined);
  const notice = isOfThePhone ? noticeIn(text) : { kind: 'message' as const, people: [] };
  return { sender, text, ...notice, ...(attachment === undefined ? {} : { attachment }) };
}
