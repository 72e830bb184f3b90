import { describe, expect, it } from '@jest/globals';
import { ChatReader, piecesOf, type Line, type Reading } from './chat-text.js';
import { noticeIn } from './notices.js';

const reading: Reading = { timeZone: 'Europe/London', now: '2026-01-01T00:00:00.000Z' };
const read = (text: string, how: Partial<Reading> = {}) => new ChatReader({ ...reading, ...how }).read(text);
const shown = (lines: readonly Line[]) => lines.map(({ at, sender, text }) => [at, sender, text]);

describe('a chat as phones export it', () => {
  const forms: Record<string, string> = {
    'Android, 24 h, slashes': '28/02/2024, 15:05 - Ann: Hello\n29/02/2024, 09:00 - Bob: Hi',
    'Android, 12 h, narrow no-break space': '28/02/2024, 3:05\u202fpm - Ann: Hello\n29/02/2024, 9:00\u202fam - Bob: Hi',
    'Android, month first': '2/28/24, 3:05 PM - Ann: Hello\n2/29/24, 9:00 AM - Bob: Hi',
    'Android, German dots': '28.02.24, 15:05 - Ann: Hello\n29.02.24, 09:00 - Bob: Hi',
    'Android, Spanish': '28/2/24, 3:05\u00a0p.\u00a0m. - Ann: Hello\n29/2/24, 9:00\u00a0a.\u00a0m. - Bob: Hi',
    'iOS, brackets and seconds': '[28/02/2024, 15:05:00] Ann: Hello\r\n[29/02/2024, 09:00:00] Bob: Hi\r\n',
    'iOS, 12 h': '[28/02/2024, 3:05:00\u202fPM] Ann: Hello\n[29/02/2024, 9:00:00\u202fAM] Bob: Hi',
    'iOS, dots': '[28.02.24, 15:05:00] Ann: Hello\n[29.02.24, 09:00:00] Bob: Hi',
    'iOS, year first': '[2024-02-28, 15:05:00] Ann: Hello\n[2024-02-29, 09:00:00] Bob: Hi',
    'iOS, Chinese half days': '[2024/2/28 下午3:05:00] Ann: Hello\n[2024/2/29 上午9:00:00] Bob: Hi',
    'iOS, Dutch dashes': '[28-02-2024 15:05:00] Ann: Hello\n[29-02-2024 09:00:00] Bob: Hi',
    'iOS, marks before the bracket': '\u200e[28/02/2024, 15:05:00] Ann: Hello\n[29/02/2024, 09:00:00] Bob: Hi',
  };
  for (const [form, text] of Object.entries(forms))
    it(`is read in the form ${form}`, () => {
      expect(shown(read(text))).toEqual([
        ['2024-02-28T15:05:00.000Z', 'Ann', 'Hello'],
        ['2024-02-29T09:00:00.000Z', 'Bob', 'Hi'],
      ]);
    });

  it('is read in the zone of the phone, whatever zone this computer is in', () => {
    const at = (timeZone: string) => read('01/07/2024, 12:00 - Ann: Hello', { timeZone })[0]!.at;
    expect(at('Europe/London')).toBe('2024-07-01T11:00:00.000Z');
    expect(at('America/New_York')).toBe('2024-07-01T16:00:00.000Z');
  });

  it('says which order of day and month it took, and how sure it is', () => {
    const order = (text: string, how: Partial<Reading> = {}) => {
      const reader = new ChatReader({ ...reading, ...how });
      reader.read(text);
      return reader.order;
    };
    expect(order('28/02/2024, 15:05 - Ann: Hello')).toEqual({ dateOrder: 'day_first', is: 'certain' });
    expect(order('2/28/24, 15:05 - Ann: Hello')).toEqual({ dateOrder: 'month_first', is: 'certain' });
    expect(order('03/04/2024, 15:05 - Ann: Hello')).toEqual({ dateOrder: 'day_first', is: 'guessed' });
    const stated = { dateOrder: 'month_first', is: 'stated' };
    expect(order('03/04/2024, 15:05 - Ann: Hello', { dateOrder: 'month_first' })).toEqual(stated);
  });

  it('keeps lines of a message together, and dates that go backwards, flagged', () => {
    const lines = read('28/02/2024, 15:05 - Ann: One\ntwo\n\nthree\n27/02/2024, 15:05 - Bob: Earlier');
    expect(lines).toMatchObject([
      { text: 'One\ntwo\n\nthree', isBackwards: false },
      { text: 'Earlier', isBackwards: true },
    ]);
  });

  it('lists attachments in the forms of both systems, and those that were left out', () => {
    const lines = read(
      [
        '[28/02/2024, 15:05:00] Ann: \u200e<attached: 00000012-PHOTO-2024-02-28-15-05-00.jpg>',
        '[28/02/2024, 15:06:00] Ann: Plan.pdf • \u200e3 pages \u200e<attached: 00000013-Plan.pdf>',
        '[28/02/2024, 15:07:00] Ann: \u200eimage omitted',
        '28/02/2024, 15:08 - Ann: IMG-20240228-WA0001.jpg (file attached)',
        '28/02/2024, 15:09 - Ann: <Media omitted>',
        '28/02/2024, 15:10 - Ann: No file',
      ].join('\n'),
    );
    expect(lines.map(({ attachment }) => attachment)).toEqual([
      '00000012-PHOTO-2024-02-28-15-05-00.jpg',
      '00000013-Plan.pdf',
      null,
      'IMG-20240228-WA0001.jpg',
      null,
      undefined,
    ]);
    expect(lines.every(({ kind }) => kind === 'message')).toBe(true);
  });

  it('tells what the app wrote from what people wrote', () => {
    const lines = read(
      [
        '28/02/2024, 15:05 - Messages and calls are end-to-end encrypted.',
        '28/02/2024, 15:06 - Ann added Bob',
        '28/02/2024, 15:07 - Ann changed the subject from "Flood: old" to "Flood: new"',
        '28/02/2024, 15:08 - Ann: Bob left',
        '[28/02/2024, 15:09:00] Flood: \u200eAnn removed Bob',
        '[28/02/2024, 15:10:00] Bob: \u200eBob left',
      ].join('\n'),
    );
    expect(lines.map(({ kind, people }) => [kind, ...people])).toEqual([
      ['system'],
      ['join', 'Bob'],
      ['system'],
      ['message'],
      ['removal', 'Bob'],
      ['leave', 'Bob'],
    ]);
  });

  it('tells equal messages of one minute apart', () => {
    const line = '28/02/2024, 15:05 - Ann: Ok';
    expect(read(`${line}\n${line}\n28/02/2024, 15:06 - Ann: Ok`).map(({ nth }) => nth)).toEqual([0, 1, 0]);
  });

  it('is refused where no line is recognised, or the dates fit no order', () => {
    expect(() => read('Dear all,\nhello')).toThrow('not_recognised');
    expect(() => read('Wednesday 28 February, 15:05 - Ann: Hello')).toThrow('not_recognised');
    expect(() => read('28/02/2024, 15:05 - Ann: Hello', { dateOrder: 'month_first' })).toThrow('date_order');
    expect(() => read('13/01/2024, 15:05 - Ann: Hello', { dateOrder: 'month_first' })).toThrow('date_order');
    expect(() => read('28/02/2567, 15:05 - Ann: Hello')).toThrow('date_order');
    expect(() => read('28/02/2024, 25:05 - Ann: Hello')).toThrow('date_order');
  });
});

describe('notices of the app', () => {
  const said: [string, string, ...string[]][] = [
    ['Ann added Bob, Cat and +44 7700 900001', 'join', 'Bob', 'Cat', '+44 7700 900001'],
    ["Bob joined using this group's invite link", 'join', 'Bob'],
    ['Bob was removed', 'removal', 'Bob'],
    ['Ann hat Bob hinzugefügt.', 'join', 'Bob'],
    ['Bob hat die Gruppe verlassen.', 'leave', 'Bob'],
    ['Ann hat Bob entfernt.', 'removal', 'Bob'],
    ['Ann a ajouté Bob', 'join', 'Bob'],
    ['Bob a quitté le groupe', 'leave', 'Bob'],
    ['Ann a retiré Bob', 'removal', 'Bob'],
    ['Ann añadió a Bob', 'join', 'Bob'],
    ['Bob salió del grupo', 'leave', 'Bob'],
    ['Ann eliminó a Bob', 'removal', 'Bob'],
    ['Ann ha aggiunto Bob', 'join', 'Bob'],
    ['Bob ha abbandonato il gruppo', 'leave', 'Bob'],
    ['Ann adicionou Bob', 'join', 'Bob'],
    ['Bob saiu', 'leave', 'Bob'],
    ['Ann removeu Bob', 'removal', 'Bob'],
    ['Ann heeft Bob toegevoegd', 'join', 'Bob'],
    ['Ann heeft Bob verwijderd', 'removal', 'Bob'],
    ["Ann changed this group's icon", 'system'],
  ];
  for (const [line, kind, ...people] of said)
    it(`“${line}” is a ${kind}`, () => expect(noticeIn(line)).toEqual({ kind, people }));
});

describe('a long chat', () => {
  async function* chunks(text: string, size: number) {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const piecesIn = async (text: string, size = 65_536) => {
    const pieces: string[] = [];
    for await (const piece of piecesOf(chunks(text, size))) pieces.push(piece);
    return pieces;
  };
  const message = `28/02/2024, 15:05 - Ann: ${'word '.repeat(20)}\nsecond line\n`;

  it('is cut at beginnings of messages, and nothing is lost', async () => {
    const text = message.repeat(30_000);
    const pieces = await piecesIn(text, 65_521);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join('')).toBe(text);
    const reader = new ChatReader(reading);
    expect(pieces.reduce((sum, piece) => sum + reader.read(piece).length, 0)).toBe(30_000);
  });

  it('without a message in it, or with one that never ends, is given up at once', async () => {
    await expect(piecesIn('x'.repeat(3_000_000))).rejects.toThrow('not_recognised');
    await expect(piecesIn(message + 'x\n'.repeat(1_000_000))).rejects.toThrow('message_too_long');
  });
});
