import { randomUUID } from 'node:crypto';
import { openApp, type Reply, type TestApp } from '../standalone/testing.js';

/** The product on 2 January 2024, with the councils' profile in force: the emergency group's blank years are set to two. */
export interface Councils {
  readonly app: TestApp;
  /** Registers a group of a type and gives its id once retention knows it. */
  readonly group: (groupType: string) => Promise<string>;
  /** Schedules an item and fails unless it was taken. */
  readonly keep: (item: object) => Promise<Reply['body']>;
}

/** M1 of the inquiry scenario: a message of 29 February 2024, 14:05. */
export const m1 = (groupId: string) => ({
  recordClass: 'message',
  reference: 'Message to Ann about the flood wardens',
  groupId,
  startsAt: '2024-02-29T14:05:00Z',
  ownerId: randomUUID(),
});

/** Opens it. Close `app` at the end. */
export async function openCouncils(): Promise<Councils> {
  const app = await openApp({ at: '2024-01-02T09:00:00.000Z' });
  const done = async (path: string, body: object) => {
    const reply = await app.post(path, body);
    if (reply.status >= 300)
      throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const overrides = { 'emergency-response': { retention_period: 'P2Y' } };
  await done('/v1/profiles/district-councils/activate', { overrides });
  await done('/v1/profiles/council-citizen-contact/activate', {});
  const links = [{ kind: 'hrId', value: randomUUID() }];
  const { personId } = await done('/v1/people', { links, source: 'hr' });
  await app.settle();
  const group = async (groupType: string) => {
    const { groupId } = await done('/v1/groups', { name: 'Flood', purpose: 'Response', groupType, admins: [personId] });
    await app.settle();
    return groupId as string;
  };
  return { app, group, keep: (item) => done('/v1/retention-items', item) };
}
