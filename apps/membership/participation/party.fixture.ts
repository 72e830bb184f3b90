import { randomUUID } from 'node:crypto';
import { openApp, type Reply, type SendOptions, type TestApp } from '../../standalone/testing.js';

/** An answer a test has checked the status of; its form is what the test asserts. */
export type Told = Reply['body'];

/** The product with a party's group in it, and short ways to do what the tests do over and over. */
export interface Party {
  readonly app: TestApp;
  /** Somebody who runs groups. */
  readonly admin: string;
  readonly groupId: string;
  /** Sends a command and fails unless it is answered with `status`; with 201, or 200 when it was so already, unless said otherwise. */
  readonly done: (path: string, body?: object, status?: number, options?: SendOptions) => Promise<Told>;
  /** Reads, and fails unless it is answered with 200. */
  readonly read: (path: string, options?: SendOptions) => Promise<Told>;
  /** Registers a person, an adult member of the party unless said otherwise. */
  readonly person: (given?: object) => Promise<string>;
  readonly group: (given?: object) => Promise<string>;
  /** Tells a person what the party requires and records their agreement in writing. */
  readonly agree: (personId: string, groupId?: string) => Promise<void>;
  /** Registers a member who has agreed, and lets them in. */
  readonly member: (groupId?: string, given?: object) => Promise<string>;
  /** A minute later, a source reports something. */
  readonly report: (type: string, data: object) => Promise<void>;
  /** The removal orders of a person, the most urgent first. */
  readonly orders: (personId: string) => Promise<Told[]>;
  /** Names of the events of a person's participation, in order. */
  readonly story: (personId: string, groupId?: string) => Promise<string[]>;
}

/** What a group of another profile asks for: its type, who may be in it, what is told, and how one agrees. */
export interface Kind {
  readonly profile: string;
  readonly groupType: string;
  readonly category: string;
  readonly items: readonly string[];
  readonly method: string;
}

const PARTY: Kind = {
  profile: 'political-party',
  groupType: 'party-group',
  category: 'member',
  items: ['purpose', 'duration'],
  method: 'verbal',
};

/** Opens it; its clock stands at `at`. A group of another kind than a party's comes with that kind. Close `app` at the end. */
export async function openParty(at: string, kind: Kind = PARTY): Promise<Party> {
  const app = await openApp({ at });
  const done: Party['done'] = async (path, body = {}, status, options = {}) => {
    const reply = await app.post(path, body, options);
    if (status === undefined ? reply.status > 201 : reply.status !== status)
      throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const read: Party['read'] = async (path, options) => {
    const reply = await app.get(path, options);
    if (reply.status !== 200) throw new Error(`${path} was answered with ${reply.status}`);
    return reply.body;
  };
  const person: Party['person'] = async (given = {}) => {
    const statuses = [{ category: kind.category, status: 'active', from: '2020-01-01T00:00:00.000Z' }];
    const links = [{ kind: 'crmId', value: randomUUID() }];
    const usual = { links, statuses, dateOfBirth: '1980-04-01', source: 'crm' };
    return (await done('/v1/people', { ...usual, ...given }))['personId'] as string;
  };
  // Texts are another matter than who may come in: here no group has to have them first.
  const overrides = { '*': { agreement_topics: [], description_items: [] } };
  await done(`/v1/profiles/${kind.profile}/activate`, { overrides });
  await app.settle();
  const admin = await person();
  const group: Party['group'] = async (given = {}) => {
    const usual = { name: 'Ward', purpose: 'Campaigning', groupType: kind.groupType, admins: [admin] };
    const { groupId } = await done('/v1/groups', { ...usual, ...given });
    await app.settle();
    return groupId as string;
  };
  const groupId = await group();
  const agree: Party['agree'] = async (personId, inGroup = groupId) => {
    const about = { personId, groupId: inGroup, noticeVersion: 'notice-1' };
    await done('/v1/consents/notices', { ...about, items: kind.items });
    await done('/v1/consents', { ...about, scope: ['membership'], purpose: 'campaign', method: kind.method });
    await app.settle();
  };
  const member: Party['member'] = async (inGroup = groupId, given = {}) => {
    const personId = await person(given);
    await agree(personId, inGroup);
    await done(`/v1/groups/${inGroup}/members`, { personId });
    await app.settle();
    return personId;
  };
  const report: Party['report'] = async (type, data) => {
    const { now } = await read('/v1/clock');
    const time = new Date(Date.parse(now as string) + 60_000).toISOString();
    await app.moveClock(time);
    const event = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/crm',
      type: `rollcall.feeds.${type}.v1`,
      time,
      data,
    };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const told = await done('/v1/feeds', event, 200, { headers });
    if (told['accepted'] !== 1) throw new Error(`The report was not accepted: ${JSON.stringify(told)}`);
    await app.settle();
  };
  const orders: Party['orders'] = async (personId) =>
    (await read(`/v1/removal-orders?personId=${personId}`)).items as Told[];
  const story: Party['story'] = async (personId, inGroup = groupId) =>
    (
      await app.asOwner<{ type: string }>(
        `select type from membership.events where stream_id like 'participation-%'
           and body::json->'data'->>'personId' = $1 and body::json->'data'->>'groupId' = $2 order by version`,
        [personId, inGroup],
      )
    ).map(({ type }) => type.split('.')[2]!);
  return { app, admin, groupId, done, read, person, group, agree, member, report, orders, story };
}
