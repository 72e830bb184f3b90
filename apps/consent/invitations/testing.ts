import { randomUUID } from 'node:crypto';
import type { Reply } from '../../standalone/testing.js';
import { openParty, type Party } from '../testing.js';

/** What the party's group says of itself on its page. */
export const fields = {
  groupName: 'Ward 7 campaign',
  purpose: 'planning the canvassing in ward 7',
  duration: 'until 31 May 2026',
  organisation: 'The Party',
};
/** What members of that group agree to. */
export const agreement = [
  { topic: 'unacceptable_behaviour', heading: 'What is not on', body: 'No insults, no rumours, no advertising.' },
  { topic: 'consequences', heading: 'What happens then', body: 'You are reminded once. After that you are taken out.' },
];
export const WHATSAPP = 'https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv';

/** An invitation that was issued: its id and its secret link, of which `path` is what follows the host. */
export interface Issued {
  readonly inviteId: string;
  readonly link: string;
  readonly path: string;
}

/** A page as a person without scripts has it before them. */
export interface Page {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  /** The hidden field that the next form sends back; empty where the page has no form. */
  readonly form: string;
}

export interface Invited extends Party {
  /** Sends an invitation as it is given; by email to anybody for a week unless said. */
  readonly issue: (body?: object) => Promise<Reply>;
  /** As `issue`. Fails unless it was issued. */
  readonly invite: (body?: object) => Promise<Issued>;
  readonly open: (path: string, headers?: Record<string, string>) => Promise<Page>;
  /** Sends a form to the page. */
  readonly fill: (path: string, fields: Record<string, string>, headers?: Record<string, string>) => Promise<Page>;
  /** Opens the page and proves to be the member with this number. */
  readonly identify: (path: string, crmId: string) => Promise<Page>;
  /** A new adult member's number and id. */
  readonly somebody: () => Promise<{ crmId: string; personId: string }>;
}

/** The date of birth of everybody `somebody` makes. */
export const BORN = '1980-04-01';

/** The party, with its group ready for invitations; `env` holds further settings. Close `app` at the end. */
export async function openInvited(env: Readonly<Record<string, string>> = {}): Promise<Invited> {
  const party = await openParty(env);
  const { app, groupId, done } = party;
  await done('/v1/texts/fields', { groupId, fields });
  await done('/v1/texts', { groupId, kind: 'agreement', sections: agreement, publish: true });
  await app.settle();
  const issue: Invited['issue'] = (body = {}) => {
    const usual = {
      groupId,
      audience: 'ward-7',
      channel: 'emailed_link',
      expiresAt: '2026-05-08T09:00:00Z',
      maxUses: 5,
    };
    return app.post('/v1/invitations', { ...usual, whatsappLink: WHATSAPP, ...body });
  };
  const { open, fill } = pagesAt(app.url);
  return {
    ...party,
    issue,
    invite: async (body) => {
      const reply = await issue(body);
      if (reply.status !== 201) throw new Error(`${reply.status}: ${JSON.stringify(reply.body)}`);
      const { inviteId, link } = reply.body as { inviteId: string; link: string };
      return { inviteId, link, path: new URL(link).pathname };
    },
    open,
    fill,
    identify: async (path, crmId) => {
      const { form } = await open(path);
      return fill(path, { step: 'who', form, reference: crmId, dateOfBirth: BORN });
    },
    somebody: async () => {
      const crmId = randomUUID();
      const personId = await party.member(crmId);
      await app.settle();
      return { crmId, personId };
    },
  };
}

/** The pages of a running product, as a browser without scripts opens and fills them. */
export function pagesAt(url: string): Pick<Invited, 'open' | 'fill'> {
  const page = async (path: string, init: RequestInit): Promise<Page> => {
    const response = await fetch(new URL(path, url), init);
    const html = await response.text();
    const form = /name="form" value="([^"]*)"/.exec(html)?.[1] ?? '';
    return { status: response.status, html, headers: response.headers, form };
  };
  return {
    open: (path, headers = {}) => page(path, { headers }),
    fill: (path, sent, headers = {}) => page(path, { method: 'POST', body: new URLSearchParams(sent), headers }),
  };
}
