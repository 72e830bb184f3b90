import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Response } from 'express';
import { partsOf } from '../texts/models.js';
import type { Text } from '../texts/texts.read-model.js';

export type Faults = {
  readonly reference?: string;
  readonly proof?: string;
  readonly channel?: string;
  readonly code?: string;
};

/** What every page with a form may have to say of it. */
interface Asking {
  readonly faults: Faults;
  readonly alert?: { readonly title: string; readonly text: string };
}
type Identify = Asking & { readonly values: { readonly reference: string } };
type Words = { readonly notice: Text; readonly agreement?: Text | undefined; readonly form: string };

/** The pages there are, and what each shows. Everything is escaped where it is put in. */
interface Views {
  notice: Words & Identify & { readonly organisation?: string | undefined; readonly hasCode: boolean };
  code: Asking & { readonly form: string };
  decide: Words & Asking & { readonly isChanged: boolean };
  standing: {
    readonly notice: Pick<Text, 'title'>;
    readonly form: string;
    readonly isNew: boolean;
    readonly since: string;
    readonly consent: { readonly noticeVersion: string | null; readonly agreementVersion: string | null };
    /** The words of those versions; undefined where they were told elsewhere. */
    readonly told?: Text | undefined;
    readonly agreed?: Text | undefined;
    readonly whatsappLink?: string | undefined;
    readonly refusals?: readonly string[] | undefined;
    readonly isWaiting?: boolean;
  };
  otherwise: Asking & { readonly heading: string; readonly text: string; readonly form?: string | undefined };
  message: { readonly heading: string; readonly text: string };
  closed: Identify;
}

/** A page as it is answered. */
export interface View {
  readonly status: number;
  readonly html: string;
  /** Whether the browser may show it again when somebody goes back; not where it shows the way into the group. */
  readonly isKept?: boolean;
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
  /** In place of a page: JSON to keep, under a file name. */
  readonly file?: { readonly name: string; readonly content: object };
}

const folder = join(dirname(fileURLToPath(import.meta.url)), 'views');
const css = readFileSync(join(folder, 'page.css'), 'utf8')
  .replaceAll(/\/\*.*?\*\/|\s+/gs, ' ')
  .trim();
const eta = new Eta({ views: folder, cache: true, autoEscape: true });

/** Makes a page. A title that begins with "Error" tells those who hear it before they read on. */
export function view<Name extends keyof Views>(name: Name, title: string, data: Views[Name], status = 200): View {
  const body = eta.render(`./${name}`, { ...data, partsOf });
  const isFault = status === 422 || status === 409;
  const html = eta.render('./layout', { title: isFault ? `Error: ${title}` : title, css, body });
  return { status, html, isKept: name !== 'standing' };
}

const STYLE = createHash('sha256').update(css).digest('base64');

/** Nothing but this page's own style and its forms: no script, no image, nothing from elsewhere, not inside another page. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/**
 * Answers with a page that nobody between keeps, nobody indexes or learns of by a referrer. The browser itself may keep what follows a form:
 * whoever goes back would else be asked whether to send the form again, or see nothing.
 */
export function send(response: Response, { status, html, isKept, retryAfter, file }: View): void {
  response
    .status(status)
    .set({
      'content-security-policy': POLICY,
      'cache-control': isKept ? 'private, no-cache' : 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
      ...(retryAfter ? { 'retry-after': String(retryAfter) } : {}),
      ...(file ? { 'content-disposition': `attachment; filename="${file.name}"` } : {}),
    })
    .type(file ? 'json' : 'html')
    .send(file ? JSON.stringify(file.content, null, 2) : html);
}
