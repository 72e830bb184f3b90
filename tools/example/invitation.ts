import { randomUUID } from 'node:crypto';
import type { Client } from './client.js';

const say = (line: string) => process.stdout.write(`${line}\n`);
const BORN = '1991-06-14';
const GROUP_LINK = 'https://chat.whatsapp.com/ExampleGroupLink1';
const WEEK = 7 * 86_400_000; // milliseconds

/** Somebody joins a group by an invitation, on the page that it opens: told first, asked second, let in last. */
export async function joinByInvitation(client: Client, groupId: string, settle: () => Promise<void>): Promise<void> {
  const number = `M-${randomUUID().slice(0, 8)}`;
  const { personId } = await client.post<{ personId: string }>('/v1/people', {
    links: [{ kind: 'crmId', value: number }],
    statuses: [{ category: 'member', status: 'active', from: '2024-01-01T00:00:00Z' }],
    dateOfBirth: BORN,
    source: 'crm',
  });
  await makeReady(client, groupId);
  await settle();
  const { link } = await client.post<{ link: string }>('/v1/invitations', {
    groupId,
    audience: 'new-members',
    channel: 'emailed_link',
    expiresAt: new Date(Date.now() + WEEK).toISOString(),
    maxUses: 20,
    whatsappLink: GROUP_LINK,
  });
  const path = new URL(link).pathname;
  const visit = async (fields?: Record<string, string>) => {
    const response = await fetch(
      new URL(path, client.url),
      fields ? { method: 'POST', body: new URLSearchParams(fields) } : {},
    );
    const html = await response.text();
    const part = (pattern: RegExp) => pattern.exec(html)?.[1] ?? '';
    return {
      heading: part(/<h1[^>]*>([^<]*)<\/h1>/),
      form: part(/name="form" value="([^"]*)"/),
      hasLink: html.includes(GROUP_LINK),
    };
  };
  const first = await visit();
  const asked = await visit({ step: 'who', form: first.form, reference: number, dateOfBirth: BORN });
  const joined = await visit({ step: 'agree', form: asked.form });
  await settle();
  say('Somebody opens an invitation; the page says');
  for (const { heading } of [first, asked, joined]) say(`  ${heading}`);
  const { items } = await client.get<{ items: { method: string; noticeVersion: string; agreementVersion: string }[] }>(
    `/v1/consents?personId=${personId}`,
  );
  for (const { method, noticeVersion, agreementVersion } of items)
    say(`  consent on record: ${method}, on notice ${noticeVersion} and agreement ${agreementVersion}`);
  say(`  the way into the group ${joined.hasLink ? 'was' : 'was not'} handed over`);
  say(`  See it as a phone does: ${link}`);
}

/** The words its policy asks for before anybody is let in: the group's own, and the model of its agreement. */
async function makeReady(client: Client, groupId: string): Promise<void> {
  const fields = {
    groupName: 'Littleborough canvassing',
    purpose: 'planning who knocks on which doors',
    duration: 'until the day after the election',
    organisation: 'The Example Party',
  };
  await client.post('/v1/texts/fields', { groupId, fields });
  const { required } = await client.get<{ required: string[] }>(`/v1/texts/standing?groupId=${groupId}`);
  for (const kind of required) {
    const { sections } = await client.get<{ sections: object[] }>(
      `/v1/texts/suggested?groupId=${groupId}&kind=${kind}`,
    );
    await client.post('/v1/texts', { groupId, kind, sections, publish: true });
  }
}
