import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let groupId: string;
beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
  await councils.app.moveClock('2024-02-09T10:00:00.000Z');
});
afterAll(() => councils.app.close());

const [personId, workerId] = [randomUUID(), randomUUID()];
const attempts = [
  { channel: 'letter', at: '2024-02-02T09:00:00Z' },
  { channel: 'phone', at: '2024-02-05T09:00:00Z' },
];
const reason = 'Her heating is off and it freezes';
const ask = (wish: object) =>
  councils.app.post('/v1/conversations', { groupId, personId, workerId, isOldEnough: true, ...wish });
const list = async (query = '') => (await councils.app.get(`/v1/conversations?${query}`)).body.items!;

describe('writing to a citizen as a last resort', () => {
  it('[CN-12] is refused without other ways that failed, and that it was asked for is on record', async () => {
    expect((await ask({ reason })).body).toMatchObject({
      status: 409,
      code: 'NoFailedChannels',
      rules: [
        { parameter: 'use_justification', obligations: ['CN-02', 'CN-03', 'CN-12'] },
        { parameter: 'audience_matrix' },
      ],
    });
    expect(await list('state=refused')).toMatchObject([{ personId, workerId, missing: 'failed_channels' }]);
  });

  it('[CN-03] is refused where nobody says why it cannot wait', async () => {
    expect((await ask({ attempts })).body.code).toBe('NotUrgent');
    expect((await ask({ attempts, reason: '  ' })).body.code).toBe('NotUrgent');
  });

  it('[CN-12] [CN-13] is justified otherwise, to arrange contact alone, and ends when that is arranged verifiably', async () => {
    const { status, body } = await ask({ attempts, reason });
    expect({ status, body }).toMatchObject({ status: 201, body: { events: [{ name: 'ConversationJustified' }] } });
    const path = `/v1/conversations/${body['conversationId'] as string}`;
    expect((await councils.app.get(path)).body).toMatchObject({
      state: 'open',
      limitedTo: 'arranging_contact',
      attempts: [{ channel: 'letter', at: '2024-02-02T09:00:00.000Z' }, { channel: 'phone' }],
      reason: { state: 'value', value: reason },
    });
    expect((await councils.app.post(`${path}/close`, { channel: 'email' })).body).toMatchObject({
      code: 'NotVerifiable',
      rules: [{ parameter: 'followup_rules', obligations: ['CN-13'] }],
    });
    expect((await councils.app.post(`${path}/close`, { channel: 'meeting' })).status).toBe(201);
    expect((await councils.app.post(`${path}/close`, { channel: 'meeting' })).status).toBe(200);
    expect((await councils.app.get(path)).body).toMatchObject({ state: 'closed', channel: 'meeting' });
  });

  it('[CN-11] is known and can be asked for: who used the app with whom', async () => {
    expect(await list(`workerId=${workerId}`)).toHaveLength(4);
    expect(await list(`personId=${personId}&state=closed`)).toMatchObject([{ workerId, groupId }]);
    expect(await list(`personId=${randomUUID()}`)).toEqual([]);
    const { key } = await councils.app.anotherOrganisation();
    expect((await councils.app.get('/v1/conversations', { key })).body.items).toEqual([]);
  });

  it('[CN-16] is not held with a child: by the date of birth on record, else by the worker’s word, and never without either', async () => {
    const citizen = async (dateOfBirth: string) => {
      const links = [{ kind: 'crmId', value: randomUUID() }];
      const { body } = await councils.app.post('/v1/people', { links, dateOfBirth, source: 'crm' });
      return body['personId'] as string;
    };
    // On 9 February 2024 the one is thirteen tomorrow and the other today.
    const [child, teen] = [await citizen('2011-02-10'), await citizen('2011-02-09')];
    const wish = { attempts, reason };
    expect((await ask({ ...wish, personId: child })).body).toMatchObject({
      status: 409,
      code: 'TooYoung',
      rules: [{ parameter: 'min_age', obligations: ['CN-16'] }],
    });
    expect((await ask({ ...wish, personId: teen, isOldEnough: false })).status).toBe(201);
    expect((await ask({ ...wish, isOldEnough: undefined })).body.code).toBe('AgeUnknown');
    expect((await ask({ ...wish, isOldEnough: false })).body.code).toBe('TooYoung');
    expect(await list(`personId=${child}&state=refused`)).toMatchObject([{ missing: 'age' }]);
    const found = await councils.app.asOwner("select from retention.events t where t::text like '%2011-02%'");
    expect(found).toEqual([]);
  });

  it('[BR-05] is a last resort in a team too, where it has to be said why no other system would do', async () => {
    const team = await councils.group('team-chat');
    expect((await ask({ groupId: team })).body).toMatchObject({
      code: 'NotUrgent',
      rules: [{ obligations: ['BR-02', 'BR-05', 'BR-07'] }],
    });
    expect((await ask({ groupId: team, reason })).status).toBe(201);
  });

  it('[CN-03] says why in the vault alone, and takes no attempt of the future', async () => {
    expect(await councils.app.asOwner("select from retention.events t where t::text like '%freezes%'")).toEqual([]);
    expect((await ask({ reason, attempts: [{ channel: 'visit', at: '2024-02-10T09:00:00Z' }] })).status).toBe(400);
  });
});
