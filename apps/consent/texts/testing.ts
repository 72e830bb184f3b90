import { randomUUID } from 'node:crypto';
import { openApp, type Reply, type TestApp } from '../../standalone/testing.js';

export const agreementLink = 'https://www.charity.example.org/agreement';

/** What the charity says of one of its groups. */
export const fields = {
  groupName: 'Amaze parents of under-fives',
  purpose: 'parents of young children',
  organisation: 'Amaze',
  whoMayJoin: 'parents and carers',
  moderators: 'Ada and Ben',
  contact: 'groups@charity.example.org',
  website: 'charity.example.org',
  agreementLink,
  equalityLink: 'https://charity.example.org/equality',
  policyLinks: 'https://charity.example.org/policies',
  privacyLink: 'https://charity.example.org/privacy',
};

/** The product with the charity's profile in force, on 12 January 2026 at 9:00 in London. */
export interface Charity {
  readonly app: TestApp;
  /** Sends a command and fails unless it was taken. */
  readonly done: (path: string, body: object) => Promise<Reply['body']>;
  /** Registers a person in a category. */
  readonly person: (category: string, crmId?: string) => Promise<string>;
  /** A group with users, run by these two members of staff, whose fields are stated. */
  readonly group: (benAtCrm?: string) => Promise<{ groupId: string; ada: string; ben: string }>;
  /** The model text of a kind, as it was filled for the group. */
  readonly model: (groupId: string, kind: string) => Promise<{ topic: string; body: string }[]>;
  /** Publishes every text the group has to have. */
  readonly complete: (groupId: string, names: readonly string[]) => Promise<void>;
}

/** Opens it; `env` holds further settings. Close `app` at the end. */
export async function openCharity(env: Readonly<Record<string, string>> = {}): Promise<Charity> {
  const app = await openApp({ at: '2026-01-12T09:00:00.000Z', env });
  const done: Charity['done'] = async (path, body) => {
    const reply = await app.post(path, body);
    if (reply.status >= 300)
      throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const person = async (category: string, crmId: string = randomUUID()) => {
    const { personId } = await done('/v1/people', {
      links: [{ kind: 'crmId', value: crmId }],
      statuses: [{ category, status: 'active', from: '2020-01-01T00:00:00.000Z' }],
      source: 'crm',
    });
    return personId as string;
  };
  const group = async (benAtCrm?: string) => {
    const [ada, ben] = [await person('staff'), await person('staff', benAtCrm)];
    const body = { name: 'A group', purpose: 'To talk', groupType: 'users', admins: [ada, ben] };
    const groupId = (await done('/v1/groups', body))['groupId'] as string;
    await app.settle();
    await done('/v1/texts/fields', { groupId, fields });
    return { groupId, ada, ben };
  };
  const model = async (groupId: string, kind: string) =>
    (await app.get(`/v1/texts/suggested?groupId=${groupId}&kind=${kind}`)).body['sections'] as {
      topic: string;
      body: string;
    }[];
  const complete = async (groupId: string, names: readonly string[]) => {
    for (const kind of ['agreement', 'name', 'description', 'welcome']) {
      const sections = await model(groupId, kind);
      await done('/v1/texts', { groupId, kind, sections, names: kind === 'description' ? names : [], publish: true });
    }
    await app.settle();
  };
  await done('/v1/profiles/parent-carer-charity/activate', {});
  await app.settle();
  return { app, done, person, group, model, complete };
}
