import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { settled, type Client } from '../example/client.js';

export interface Someone {
  readonly personId: string;
  readonly crmId: string;
}

/** Members of a party's groups, let in through the public API like anybody else. */
export interface Party {
  /** So many members of one group. */
  readonly members: (count: number) => Promise<Someone[]>;
  /** So many people who are each in so many groups. */
  readonly inGroups: (groups: number, count: number) => Promise<Someone[]>;
}

/** Needs an operator's key. */
export async function openParty(client: Client): Promise<Party> {
  const post = <T>(path: string, body: object) => patiently(() => client.post<T>(path, body));
  await post('/v1/profiles/political-party/activate', { overrides: { '*': { agreement_topics: [] } } });
  await settled(client);
  const person = async (): Promise<Someone> => {
    const crmId = randomUUID();
    const { personId } = await post<{ personId: string }>('/v1/people', {
      links: [{ kind: 'crmId', value: crmId }],
      statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
      dateOfBirth: '1980-04-01',
      source: 'crm',
    });
    return { personId, crmId };
  };
  const admin = await person();
  const group = async () =>
    (
      await post<{ groupId: string }>('/v1/groups', {
        name: 'Ward',
        purpose: 'Campaigning',
        groupType: 'party-group',
        admins: [admin.personId],
      })
    ).groupId;
  const agree = async ({ personId }: Someone, groupId: string) => {
    const about = { personId, groupId, noticeVersion: 'notice-1' };
    await post('/v1/consents/notices', { ...about, items: ['purpose', 'duration'] });
    await post('/v1/consents', { ...about, scope: ['membership'], purpose: 'campaign', method: 'verbal' });
  };
  const letIn = async (people: readonly Someone[], groups: readonly string[]) => {
    const places = people.flatMap((one) => groups.map((groupId) => ({ one, groupId })));
    await settled(client);
    await eightAtATime(places, ({ one, groupId }) => agree(one, groupId));
    await settled(client);
    await eightAtATime(places, async ({ one: { personId }, groupId }) => {
      await post(`/v1/groups/${groupId}/members`, { personId });
    });
    await settled(client);
  };
  const many = async <T>(count: number, make: () => Promise<T>) => {
    const made: T[] = [];
    await eightAtATime(Array.from({ length: count }), async () => void made.push(await make()));
    return made;
  };
  return {
    members: async (count) => {
      const people = await many(count, person);
      await letIn(people, [await group()]);
      return people;
    },
    inGroups: async (groups, count) => {
      const people = await many(count, person);
      await letIn(people, await many(groups, group));
      return people;
    },
  };
}

async function eightAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** The limit of requests a second is part of the product: whoever is told to wait, waits. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes(' with 429')) throw error;
      await delay(300);
    }
  }
}
