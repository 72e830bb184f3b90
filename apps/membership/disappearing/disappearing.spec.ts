import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let party: Party;
let citizens: string;
beforeAll(async () => {
  party = await openParty('2026-01-10T12:00:00.000Z');
  await party.done('/v1/profiles/council-citizen-contact/activate');
  await party.app.settle();
  citizens = await party.group({ groupType: 'citizen-conversation' });
});
afterAll(() => party.app.close());

const path = (groupId: string) => `/v1/groups/${groupId}/disappearing-messages`;
const set = (groupId: string, setting: string, status?: number) =>
  party.done(path(groupId), { setting, attestedBy: party.admin }, status);

describe('disappearing messages', () => {
  it('[LD-36] [LD-24] are recommended in a party’s group until somebody says that they are on', async () => {
    const before = await party.read(path(party.groupId));
    expect(before).toMatchObject({
      setting: null,
      policy: 'recommended',
      advice: expect.stringContaining('recommends'),
    });
    await set(party.groupId, 'off', 201);
    expect(await party.read(path(party.groupId))).toMatchObject({
      setting: 'off',
      advice: expect.stringContaining('recommends'),
    });
    expect(await set(party.groupId, 'P7D', 201)).toMatchObject({ events: [{ name: 'DisappearingMessagesSet' }] });
    expect(await set(party.groupId, 'P7D', 200)).toMatchObject({ events: [] });
    const [fact] = (await party.read('/v1/history?type=DisappearingMessagesSet')).items!.slice(-1);
    expect(fact).toMatchObject({ rules: [{ parameter: 'disappearing_messages', obligations: ['LD-36', 'LD-24'] }] });
  });

  it('[BR-36] assure nobody of anything, and the answer says so', async () => {
    expect(await party.read(path(party.groupId))).toMatchObject({
      setting: 'P7D',
      attestedBy: party.admin,
      advice: expect.stringContaining('give no assurance'),
    });
  });

  it('[CN-17] do not go with a duty to keep records: it is recorded as told, and said', async () => {
    expect(await set(citizens, 'P1D', 201)).toMatchObject({
      advice: expect.stringContaining('cannot be kept as records'),
    });
    await set(citizens, 'off');
    expect(await party.read(path(citizens))).toMatchObject({ policy: 'incompatible', setting: 'off', advice: null });
  });

  it('of another organisation are unknown, and an unknown setting is refused', async () => {
    const { key } = await party.app.anotherOrganisation();
    await party.app.settle();
    expect((await party.app.get(path(party.groupId), { key })).status).toBe(404);
    const body = { setting: 'P1D', attestedBy: party.admin };
    expect((await party.app.post(path(party.groupId), body, { key })).status).toBe(404);
    const wrong = await party.app.post(path(party.groupId), { ...body, setting: 'P2D' });
    expect(wrong.body['errors']).toMatchObject([{ field: 'body/setting' }]);
  });
});
