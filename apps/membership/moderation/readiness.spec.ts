import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let charity: Party;
beforeAll(async () => {
  charity = await openParty('2026-04-01T09:00:00.000Z', {
    profile: 'parent-carer-charity',
    groupType: 'users',
    category: 'service_user',
    items: ['purpose'],
    method: 'join_after_notice',
  });
});
afterAll(() => charity.app.close());

const somebody = () =>
  charity.person({
    statuses: [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    links: [{ kind: 'hrId', value: randomUUID() }],
  });
const moderator = async (groupId: string, personId: string) =>
  (
    (await charity.read(`/v1/groups/${groupId}/moderation`))['moderators'] as { personId: string; met: string[] }[]
  ).find((one) => one.personId === personId)!;
const acknowledge = async (personId: string) => {
  await charity.done('/v1/acknowledgements', { personId, document: 'policy' });
  await charity.app.settle();
};

describe('what a moderator has acknowledged', () => {
  it('[AMZ-084] counts towards the role by itself, in every group they run', async () => {
    const anna = await somebody();
    const groups = [await charity.group({ admins: [anna] }), await charity.group({ admins: [anna] })];
    await acknowledge(anna);
    for (const groupId of groups) expect((await moderator(groupId, anna)).met).toEqual(['policy_ack']);
  });

  it('[AMZ-084] counts also where it was said before the role began', async () => {
    const [ben, cleo] = [await somebody(), await somebody()];
    await acknowledge(ben);
    await acknowledge(cleo);
    const groupId = await charity.group({ admins: [ben] });
    await charity.done(`/v1/groups/${groupId}/moderators`, { personId: cleo, kind: 'staff' });
    await charity.app.settle();
    for (const personId of [ben, cleo]) expect((await moderator(groupId, personId)).met).toEqual(['policy_ack']);
  });

  it('[AMZ-084] with the last of it the role counts, at the time it was said', async () => {
    const dora = await somebody();
    const groupId = await charity.group({ admins: [dora] });
    for (const kind of ['agreement_ack', 'availability', 'out_of_hours_plan'])
      await charity.done(`/v1/groups/${groupId}/moderators/${dora}/prerequisites`, { kind });
    expect(await charity.read(`/v1/groups/${groupId}/moderation`)).toMatchObject({ isCovered: false });
    await acknowledge(dora);
    expect(await moderator(groupId, dora)).toMatchObject({ isActive: true, missing: [] });
    expect(await charity.read(`/v1/groups/${groupId}/moderation`)).toMatchObject({ isCovered: true });
  });

  it('is nothing to a group of somebody else', async () => {
    const [ella, finn] = [await somebody(), await somebody()];
    const groupId = await charity.group({ admins: [ella] });
    await acknowledge(finn);
    expect((await moderator(groupId, ella)).met).toEqual([]);
  });
});

describe('another policy comes into force', () => {
  it('[AMZ-032] judges every group again: cover is lost at that moment, and comes back with the policy', async () => {
    const gail = await somebody();
    const groupId = await charity.group({ admins: [gail] });
    for (const kind of ['policy_ack', 'agreement_ack', 'availability', 'out_of_hours_plan'])
      await charity.done(`/v1/groups/${groupId}/moderators/${gail}/prerequisites`, { kind });
    await charity.app.settle();
    const activate = async (min: number) => {
      const staff_moderators_min = { min, per_members: null };
      const overrides = { '*': { agreement_topics: [], description_items: [] }, users: { staff_moderators_min } };
      await charity.done('/v1/profiles/parent-carer-charity/activate', { overrides });
      await charity.app.settle();
    };
    const cover = async () =>
      (
        await charity.app.asOwner<{ type: string }>(
          `select type from membership.events where stream_id = $1 and type like '%ModerationCover%' order by version`,
          [`group-${groupId}`],
        )
      ).map(({ type }) => type.split('.')[2]);
    expect(await cover()).toEqual(['ModerationCoverLost', 'ModerationCoverRestored']);
    await activate(2);
    expect(await cover()).toEqual(['ModerationCoverLost', 'ModerationCoverRestored', 'ModerationCoverLost']);
    await activate(1);
    expect((await cover()).at(-1)).toBe('ModerationCoverRestored');
  });
});
