/** People at the page of an invitation: they have no key, only the secret link, and what the page's forms remember. */
import type { Answer } from './client.js';

/** What one of them does there; without an answer they open the link and say who they are. */
export interface Visit {
  readonly inviteId: string;
  readonly personId: string;
  /** The number they state. */
  readonly reference: string;
  readonly dateOfBirth?: string;
  readonly answer?: 'agree' | 'no' | 'withdraw';
}

const APP = 'https://chat.whatsapp.com/';

/** The links of one story, and who has got how far on their pages. */
export class Pages {
  private readonly paths = new Map<string, string>();
  private readonly forms = new Map<string, string>();

  /** @param url where the system is reached. */
  constructor(private readonly url: string) {}

  /** Keeps the link in an answer that gives one: it is given once. */
  remember({ body: { inviteId, link } }: Answer): void {
    if (typeof inviteId === 'string' && typeof link === 'string') this.paths.set(inviteId, new URL(link).pathname);
  }

  /**
   * Does it. The answer's body says what the person then sees: the page's `heading`, and whether the app's link is on it (`showsLink`).
   * Throws where the story has given out no such link.
   */
  async visit({ inviteId, personId, reference, dateOfBirth = '', answer }: Visit): Promise<Answer> {
    const path = this.paths.get(inviteId);
    if (!path) throw new Error('no link of this invitation was given out');
    const who = `${inviteId} ${personId}`;
    const form = answer ? (this.forms.get(who) ?? '') : (await this.ask(path)).form;
    const step: Record<string, string> = answer ? { step: answer } : { step: 'who', reference, dateOfBirth };
    const page = await this.ask(path, new URLSearchParams({ ...step, form }));
    this.forms.set(who, page.form);
    return page.answer;
  }

  private async ask(path: string, fields?: URLSearchParams): Promise<{ answer: Answer; form: string }> {
    const response = await fetch(new URL(path, this.url), fields ? { method: 'POST', body: fields } : {});
    const html = await response.text();
    const heading = /<h1[^>]*>([^<]*)<\/h1>/.exec(html)?.[1] ?? '';
    const form = /name="form" value="([^"]*)"/.exec(html)?.[1] ?? '';
    return { answer: { status: response.status, body: { heading, showsLink: html.includes(APP) } }, form };
  }
}
