import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let party: Party;
beforeAll(async () => {
  party = await openParty('2026-06-22T09:00:00.000Z', {
    profile: 'parent-carer-charity',
    groupType: 'users',
    category: 'staff',
    items: ['purpose', 'who_may_join', 'phone_visibility', 'rules', 'org_record', 'privacy_rights', 'not_vetted'],
    method: 'join_after_notice',
  });
  // Who runs the group is another matter, as are its texts.
  const staff_moderators_min = { min: 0, per_members: null };
  const overrides = { '*': { agreement_topics: [], description_items: [], staff_moderators_min } };
  await party.done('/v1/profiles/parent-carer-charity/activate', { overrides });
  await party.app.settle();
});
afterAll(() => party.app.close());

const since = '2020-01-01T00:00:00.000Z';
const is = (category: string) => ({ category, status: 'active', from: since });

/** Somebody of these categories who has agreed, with the identifier the feeds call them by. */
async function colleague(...categories: string[]) {
  const subject = { kind: 'crmId', value: randomUUID() };
  const personId = await party.person({ links: [subject], statuses: categories.map(is) });
  await party.agree(personId);
  const leaves = () =>
    party.report('LeaverReported', { subject, category: categories[0], leavesAt: '2026-06-22T08:00:00.000Z' });
  return { personId, leaves };
}
const add = (personId: string, given: object = {}, status = 201) =>
  party.done(`/v1/groups/${party.groupId}/members`, { personId, ...given }, status);

async function listed(personId: string) {
  const { items } = await party.read(`/v1/groups/${party.groupId}/members`);
  return (items as { personId: string; joinedFor: string | null }[]).find((row) => row.personId === personId);
}

describe('in a group for users', () => {
  it('[AMZ-038] whoever is there for work has to go with the role, a user of the service or not', async () => {
    const { personId, leaves } = await colleague('staff', 'service_user');
    await add(personId, { joinedFor: 'work' });
    expect(await listed(personId)).toMatchObject({ joinedFor: 'work' });
    await leaves();
    expect(await party.orders(personId)).toEqual([expect.objectContaining({ trigger: 'role_ended', state: 'open' })]);
  });

  it('[AMZ-038] whoever is there privately stays as long as they are a user of the service', async () => {
    const { personId, leaves } = await colleague('staff', 'service_user');
    await add(personId, { joinedFor: 'private' });
    expect(await listed(personId)).toMatchObject({ joinedFor: 'private' });
    await leaves();
    expect(await party.orders(personId)).toEqual([]);
  });

  it('[AMZ-038] whoever is there privately and is nothing but staff goes too', async () => {
    const { personId, leaves } = await colleague('staff');
    await add(personId, { joinedFor: 'private' });
    await leaves();
    expect(await party.orders(personId)).toEqual([expect.objectContaining({ trigger: 'role_ended' })]);
  });

  it('[AMZ-038] one who stays on privately is let in anew, which ends the order', async () => {
    const { personId, leaves } = await colleague('volunteer', 'service_user');
    await add(personId, { joinedFor: 'work' });
    await leaves();
    expect(await add(personId, { joinedFor: 'work' }, 409)).toMatchObject({ code: 'CategoryNotEligible' });
    await add(personId, { joinedFor: 'private' });
    await party.app.settle();
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'cancelled', outcome: 'eligibility_restored' }),
    ]);
    expect(await listed(personId)).toMatchObject({ joinedFor: 'private' });
  });

  it('[AMZ-038] the category says it where nobody does, and says nothing of somebody who is both', async () => {
    for (const [categories, joinedFor] of [
      [['volunteer'], 'work'],
      [['service_user'], 'private'],
      [['staff', 'service_user'], null],
    ] as const) {
      const { personId } = await colleague(...categories);
      await add(personId);
      expect(await listed(personId)).toMatchObject({ joinedFor });
      expect(await add(personId, {}, 200)).toMatchObject({ events: [] });
    }
  });

  it('[AMZ-038] does not ask it of a guest', async () => {
    const { personId } = await colleague('staff');
    const told = await add(personId, { joinedFor: 'work', guest: {} }, 400);
    expect(told['errors']).toEqual([expect.objectContaining({ field: 'body/joinedFor' })]);
  });
});
