import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party, type Told } from '../participation/party.fixture.js';

let party: Party;
beforeAll(async () => {
  party = await openParty('2026-06-22T09:00:00.000Z');
});
afterAll(() => party.app.close());

const minutesGiven = (order: Told) =>
  (Date.parse(order['dueAt'] as string) - Date.parse(order['openedAt'] as string)) / 60_000;

/** An identifier in the CRM, and what the CRM says of it. */
function known() {
  const crmId = randomUUID();
  const subject = { kind: 'crmId', value: crmId };
  const links = [subject];
  const leaves = (leavesAt: string) => party.report('LeaverReported', { subject, category: 'member', leavesAt });
  return { subject, links, leaves };
}

describe('somebody leaves', () => {
  it('[LD-37] has to be taken out within two days, by the people who run the group', async () => {
    const { links, leaves } = known();
    const personId = await party.member(party.groupId, { links });
    await leaves('2026-06-22T08:00:00.000Z');
    const [order, ...others] = await party.orders(personId);
    expect(others).toEqual([]);
    expect(order).toMatchObject({
      trigger: 'membership_ended',
      owners: [party.admin],
      openedAt: expect.stringMatching(/^2026-06-22T09:/),
      dueAt: '2026-06-24T08:00:00.000Z',
      alreadyOverdue: false,
    });
    expect(order!['rules']).toContainEqual(
      expect.objectContaining({ parameter: 'removal_sla', obligations: expect.arrayContaining(['LD-37']) }),
    );
  });

  it('[LD-37] reported three weeks late: the order is overdue already, and says so', async () => {
    const { links, leaves } = known();
    const personId = await party.member(party.groupId, { links });
    await leaves('2026-06-01T08:00:00.000Z');
    await party.app.settle();
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({
        dueAt: '2026-06-03T08:00:00.000Z',
        overdueAt: '2026-06-03T08:00:00.000Z',
        openedAt: expect.stringMatching(/^2026-06-22T09:/),
        state: 'overdue',
        alreadyOverdue: true,
      }),
    ]);
  });

  it('[LD-37] and is back: the order falls away', async () => {
    const { subject, links, leaves } = known();
    const personId = await party.member(party.groupId, { links });
    await leaves('2026-06-22T08:00:00.000Z');
    await party.report('LeaverRescinded', { subject, category: 'member' });
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'cancelled', outcome: expect.stringMatching(/rescinded|eligibility_restored/) }),
    ]);
  });

  it('[LD-37] one who was admitted while the leave was on its way has to go too', async () => {
    const { links, leaves } = known();
    const personId = await party.person({ links });
    await party.agree(personId);
    const admitted = await whileAdmissionWaits(personId, () => leaves('2026-06-22T08:00:00.000Z'));
    expect(admitted).toBe(201);
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ trigger: 'membership_ended', dueAt: '2026-06-24T08:00:00.000Z', state: 'open' }),
    ]);
  });

  it('[LD-09] so has one who took back the consent while the admission was on its way', async () => {
    const personId = await party.person();
    await party.agree(personId);
    const withdraw = async () => {
      await party.done('/v1/consents/withdraw', { personId, groupId: party.groupId });
      await party.app.settle();
    };
    const admitted = await whileAdmissionWaits(personId, withdraw);
    expect(admitted).toBe(201);
    const [order] = await party.orders(personId);
    expect([order!['trigger'], minutesGiven(order!)]).toEqual(['consent_withdrawn', 60]);
  });

  it('[LD-05] a guest admitted while the activity was being ended has to go too', async () => {
    const activity = { name: 'Stall', kind: 'campaign', startsAt: '2026-06-20T09:00:00Z' };
    const activityId = (await party.done('/v1/activities', activity))['activityId'] as string;
    const personId = await party.person({ statuses: [] });
    await party.agree(personId);
    const endedAt = '2026-06-22T09:00:00.000Z';
    const end = async () => {
      await party.done(`/v1/activities/${activityId}/end`, { endedAt });
      await party.app.settle();
    };
    const guest = { activityId, until: '2026-07-01T09:00:00Z' };
    expect(await whileAdmissionWaits(personId, end, guest)).toBe(201);
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ trigger: 'activity_ended', dueAt: '2026-06-24T09:00:00.000Z' }),
    ]);
  });

  it('an order that was being decided while its group was closed falls away', async () => {
    const groupId = await party.group();
    const { links, leaves } = known();
    const personId = await party.member(groupId, { links });
    const closeElsewhere = () =>
      party.app.asOwner('update membership.groups set closed_at = now() where group_id = $1', [groupId]);
    await whileHeld('removal_orders', () => leaves('2026-06-22T08:00:00.000Z'), closeElsewhere);
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'cancelled', outcome: 'group_closed' }),
    ]);
  });

  it('[LD-09] taking back the consent leads to an order, and giving it again ends it', async () => {
    const personId = await party.member();
    await party.done('/v1/consents/withdraw', { personId, groupId: party.groupId });
    await party.app.settle();
    expect(await party.orders(personId)).toEqual([expect.objectContaining({ trigger: 'consent_withdrawn' })]);
    await party.agree(personId);
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'cancelled', outcome: 'consent_given' }),
    ]);
  });

  it('[LD-08] a corrected date of birth that makes somebody too young leads to an order within the hour', async () => {
    const { subject, links } = known();
    const personId = await party.member(party.groupId, { links });
    await party.report('DateOfBirthReported', { subject, dateOfBirth: '2010-02-01' });
    const [order] = await party.orders(personId);
    expect([order!['trigger'], minutesGiven(order!)]).toEqual(['age', 60]);
  });
});

/** Starts the admission, and does something between its reading of the facts and its commit. */
async function whileAdmissionWaits(
  personId: string,
  meanwhile: () => Promise<unknown>,
  guest?: object,
): Promise<number> {
  const path = `/v1/groups/${party.groupId}/members`;
  const { status } = await whileHeld(
    'participations',
    () => party.app.post(path, { personId, ...(guest ? { guest } : {}) }),
    meanwhile,
  );
  await party.app.settle();
  return status;
}

/** Starts `work`, holds it up where it writes to a table of membership, and lets it go on after `meanwhile`. */
async function whileHeld<T>(table: string, work: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  await party.app.asOwner('begin');
  await party.app.asOwner(`lock table membership.${table} in exclusive mode`);
  const working = work();
  for (let waiting = 0; waiting === 0;) {
    const [row] = await party.app.asOwner<{ n: number }>(
      `select count(*)::int as n from pg_locks where relation = 'membership.${table}'::regclass and not granted`,
    );
    waiting = row!.n;
  }
  await meanwhile();
  await party.app.asOwner('commit');
  return working;
}

describe('somebody leaves many groups', () => {
  it('[BR-33] five hundred of them: one order each, all due at the same time', async () => {
    await party.done('/v1/profiles/district-councils/activate', { groupTypes: ['team-chat'] });
    await party.app.settle();
    const subject = { kind: 'hrId', value: 'canary-hr-0815' };
    const statuses = [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00Z' }];
    const personId = await party.person({ links: [subject], statuses, source: 'hr' });
    const join = async () => {
      const group = { name: 'Team', purpose: 'Work', groupType: 'team-chat', admins: [party.admin] };
      const { groupId } = await party.done('/v1/groups', group);
      await party.done(`/v1/groups/${groupId as string}/members`, { personId });
    };
    for (let joined = 0; joined < 500; joined += 10) await Promise.all(Array.from({ length: 10 }, join));
    await party.report('LeaverReported', { subject, category: 'staff', leavesAt: '2026-06-22T09:00:00Z' });
    const rows = await party.app.asOwner<{ n: number; due: number; cases: number }>(
      `select count(distinct group_id)::int as n, count(distinct due_at)::int as due, count(*)::int as orders
       from membership.removal_orders where person_id = $1 and state = 'open' and trigger = 'role_ended'`,
      [personId],
    );
    expect(rows).toEqual([{ n: 500, due: 1, orders: 500 }]);
    const traces = await party.app.asOwner(`select 1 from membership.events where body like '%canary-hr%'`);
    expect(traces).toEqual([]);
  }, 300_000);
});
