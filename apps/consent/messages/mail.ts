import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import { createTransport, type Transporter } from 'nodemailer';
import type { ConsentPayloads } from '#events';
import { partsOf } from '../texts/models.js';
import type { Words } from './messages.js';

/** What became of handing a mail to the server: taken over, or why not and whether trying again is of no use. */
export type Handed =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: ConsentPayloads['MessageFailed']['reason']; readonly isFinal: boolean };

export interface Mail extends Words {
  readonly messageId: string;
  readonly to: string;
}

/** A mail server to hand mails to. */
export interface MailServer {
  /** Hands one over; resolves with what became of it within a minute, and never rejects. */
  hand(mail: Mail): Promise<Handed>;
  close(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The mail server of SMTP_URL, writing as MAIL_FROM; undefined where none is set. Throws a sentence on settings that cannot work. */
export function mailServer(env: Environment): MailServer | undefined {
  const url = env['SMTP_URL'];
  if (!url) return undefined;
  const from = /^(?:(.*) )?<?([^\s<>@,]+@([^\s<>@,]+?))>?$/.exec(env['MAIL_FROM'] ?? '');
  if (!from) throw new Error('MAIL_FROM is the address mails come from, such as Groups <groups@example.org>');
  const smtp = URL.parse(url);
  if (!smtp || !/^smtps?:$/.test(smtp.protocol))
    throw new Error(
      'SMTP_URL is smtp://user:password@host:port, or smtps:// where the server speaks TLS from the start',
    );
  const patience = Number(env['SMTP_TIMEOUT_SECONDS'] ?? 20) * 1000;
  if (!(patience > 0 && patience <= 60_000)) throw new Error('SMTP_TIMEOUT_SECONDS is more than 0 and at most 60');
  const transport = createTransport({
    url: smtp.href,
    pool: false,
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    // What a mail says comes from people: it must not make the library read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
    // A password never travels in the clear, unless the server is on this machine or it was asked for.
    requireTLS: env['SMTP_TLS'] !== 'optional' && smtp.protocol === 'smtp:' && !isHere(smtp.hostname),
  });
  const [, name, address, domain] = from;
  return over(transport, { name: (name ?? '').replaceAll('"', ''), address: address! }, domain!);
}

const isHere = (host: string) => ['localhost', '127.0.0.1', '[::1]'].includes(host);

function over(transport: Transporter, from: { name: string; address: string }, domain: string): MailServer {
  return {
    close: () => transport.close(),
    hand: async ({ messageId, to, subject, text }) => {
      try {
        await transport.sendMail({
          // The same however often it is tried, so that a mailbox can tell a repetition.
          messageId: `<${messageId}@${domain}>`,
          from,
          to: { name: '', address: to },
          subject: oneLine(subject),
          text,
          html: htmlOf({ subject, text }),
          headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' },
        });
        return { ok: true };
      } catch (error) {
        return { ok: false, ...faultOf(error) };
      }
    },
  };
}

/** What the library says of a failure, without its words: those may hold the address. */
function faultOf(error: unknown): Omit<Extract<Handed, { ok: false }>, 'ok'> {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
  if (code === 'EAUTH' || code === 'ENOAUTH') return { reason: 'login', isFinal: false };
  if (code === 'ETIMEDOUT') return { reason: 'timeout', isFinal: false };
  const isOfTheMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (isOfTheMail || responseCode >= 400) return { reason: 'refused', isFinal: isOfTheMail && responseCode >= 500 };
  return { reason: 'connection', isFinal: false };
}

const oneLine = (text: string) => text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 200);

const eta = new Eta({ views: join(dirname(fileURLToPath(import.meta.url)), 'views'), cache: true, autoEscape: true });

/** The same words as HTML: paragraphs, lines and links, everything else escaped; each paragraph in its own direction. */
export function htmlOf({ subject, text }: Words): string {
  const paragraphs = text
    .trim()
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map((paragraph) => paragraph.split(/\r?\n/).map(partsOf));
  return eta.render('./message', { subject: oneLine(subject), paragraphs });
}
