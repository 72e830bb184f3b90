import { randomUUID } from 'node:crypto';
import { openApp, type Reply, type SendOptions, type TestApp } from '../standalone/testing.js';

/** The product with the political party's profile in force and one of its groups, on 1 May 2026 at 10:00 in London. */
export interface Party {
  readonly app: TestApp;
  readonly groupId: string;
  /** Sends a command and fails unless it was taken. */
  readonly done: (path: string, body: object, options?: SendOptions) => Promise<Reply['body']>;
  /** Registers an adult member of the party, known to the CRM under an id. */
  readonly member: (crmId?: string) => Promise<string>;
  /** Records that a person was told what the party requires, and agreed in writing. */
  readonly agree: (personId: string) => Promise<void>;
  /** Does something while news of the policy has not reached consent. */
  readonly beforePolicyIsKnown: (work: () => Promise<void>) => Promise<void>;
}

export const fullNotice = { noticeVersion: 'notice-1', items: ['purpose', 'duration'] };
export const inWriting = { scope: ['membership'], purpose: 'campaign', method: 'written', noticeVersion: 'notice-1' };

/** Opens it; `env` holds further settings. Close `app` at the end. */
export async function openParty(env: Readonly<Record<string, string>> = {}): Promise<Party> {
  const app = await openApp({ at: '2026-05-01T09:00:00.000Z', env });
  const done: Party['done'] = async (path, body, options) => {
    const reply = await app.post(path, body, options);
    if (reply.status >= 300)
      throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const member = async (crmId: string = randomUUID()) => {
    const { personId } = await done('/v1/people', {
      links: [{ kind: 'crmId', value: crmId }],
      statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
      dateOfBirth: '1980-04-01',
      source: 'crm',
    });
    return personId as string;
  };
  await done('/v1/profiles/political-party/activate', { overrides: { '*': { agreement_topics: [] } } });
  await app.settle();
  const group = { name: 'Ward', purpose: 'Campaigning', groupType: 'party-group', admins: [await member()] };
  const groupId = (await done('/v1/groups', group))['groupId'] as string;
  await app.settle();
  const agree = async (personId: string) => {
    await done('/v1/consents/notices', { personId, groupId, ...fullNotice });
    await done('/v1/consents', { personId, groupId, ...inWriting });
    await app.settle();
  };
  const beforePolicyIsKnown = async (work: () => Promise<void>) => {
    await app.asOwner("update consent.active_policies set group_type = 'later'");
    await work();
    await app.asOwner("update consent.active_policies set group_type = 'party-group'");
  };
  return { app, groupId, done, member, agree, beforePolicyIsKnown };
}

/** Every row of a list, read in pages of `limit`. */
export async function readAll(app: TestApp, path: string, limit: number): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let cursor = ''; ;) {
    const { body } = await app.get(`${path}&limit=${limit}${cursor}`);
    rows.push(...body.items!);
    if (body['next'] === null) return rows;
    cursor = `&cursor=${body['next'] as string}`;
  }
}
