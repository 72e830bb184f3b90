import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';
import { handIn } from './testing.js';

let councils: Councils;
beforeAll(async () => {
  councils = await openCouncils();
});
afterAll(() => councils.app.close());

const person = async (value: string) => {
  const statuses = [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00Z' }];
  const { body } = await councils.app.post('/v1/people', { links: [{ kind: 'hrId', value }], statuses, source: 'hr' });
  await councils.app.settle();
  return body['personId'] as string;
};

describe('who came and went, by the chat itself', () => {
  it('[LD-37] [BR-33] does the order to take a leaver out, and says what showed it', async () => {
    const { app } = councils;
    const [leaver, stayer] = [await person('leaves'), await person('stays')];
    const groupId = await councils.group('team-chat');
    for (const personId of [leaver, stayer]) await app.post(`/v1/groups/${groupId}/members`, { personId });
    await app.moveClock('2024-01-10T09:00:00.000Z');
    await app.post(`/v1/groups/${groupId}/members/${leaver}/request-removal`, {});
    await app.moveClock('2024-01-10T12:00:00.000Z');
    const chat = [
      '10/01/2024, 09:30 - Officer removed Len Leaver',
      '10/01/2024, 09:40 - Officer removed Sue Stayer',
      '10/01/2024, 09:41 - Officer added Sue Stayer',
      '10/01/2024, 09:50 - Sue Stayer: Hello again',
    ].join('\n');
    const { body } = await handIn(app, groupId, chat);
    const senders = [
      { label: 'Len Leaver', personId: leaver },
      { label: 'Sue Stayer', personId: stayer },
    ];
    const kept = await app.post(`/v1/captures/${body['captureId'] as string}/keep`, { senders });
    expect(kept.body).toMatchObject({ kept: [], evidence: 3 });
    await app.settle();
    const orders = await app.get(`/v1/removal-orders?groupId=${groupId}`);
    expect(orders.body.items).toMatchObject([
      { personId: leaver, state: 'done', outcome: 'chat_line', closedAt: '2024-01-10T09:30:00.000Z' },
    ]);
    const members = await app.get(`/v1/groups/${groupId}/members`);
    expect(members.body.items!.map(({ personId }) => personId)).toContain(stayer);
    expect(members.body.items!.map(({ personId }) => personId)).not.toContain(leaver);
  });
});
