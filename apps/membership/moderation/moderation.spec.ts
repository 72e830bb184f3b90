import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let charity: Party;
let groupId: string;
let anna: string;
let hrId: string;

const from = '2020-01-01T00:00:00.000Z';
const statuses = (category: string) => [{ category, status: 'active', from }];
const somebody = (category: string, value: string = randomUUID()) =>
  charity.person({ statuses: statuses(category), links: [{ kind: 'hrId', value }] });
const path = () => `/v1/groups/${groupId}`;
const by = (personId: string) => ({ headers: { 'rollcall-on-behalf-of': personId } });
const ready = async (personId: string, ...kinds: string[]) => {
  for (const kind of kinds) await charity.done(`${path()}/moderators/${personId}/prerequisites`, { kind });
};
const add = (personId: string, status = 201, options = {}) =>
  charity.done(`${path()}/members`, { personId }, status, options);
const events = async (...names: string[]) =>
  (
    await charity.app.asOwner<{ type: string; body: string }>(
      `select type, body from membership.events where body::json->'data'->>'groupId' = $1 order by stream_id, version`,
      [groupId],
    )
  )
    .map(({ type, body }) => ({
      name: type.split('.')[2]!,
      ...(JSON.parse(body) as { data: object; occurredAt: string }),
    }))
    .filter(({ name }) => names.includes(name));
const rule = (parameter: string, ...obligations: string[]) =>
  expect.objectContaining({ parameter, obligations: expect.arrayContaining(obligations) });

beforeAll(async () => {
  charity = await openParty('2026-04-01T09:00:00.000Z', {
    profile: 'parent-carer-charity',
    groupType: 'users',
    category: 'service_user',
    items: ['purpose', 'who_may_join', 'phone_visibility', 'rules', 'org_record', 'privacy_rights', 'not_vetted'],
    method: 'join_after_notice',
  });
  hrId = randomUUID();
  anna = await somebody('staff', hrId);
  groupId = await charity.group({ admins: [anna] });
});
afterAll(() => charity.app.close());

describe('a group that has to be moderated by staff', () => {
  it('[AMZ-032] [AMZ-084] [AMZ-035] takes nobody in before its moderator has done all that the role asks', async () => {
    const parent = await charity.person();
    await charity.agree(parent, groupId);
    expect(await add(parent, 409)).toMatchObject({
      code: 'ModerationNotCovered',
      rules: [rule('staff_moderators_min', 'AMZ-032')],
    });
    await ready(anna, 'policy_ack', 'agreement_ack', 'availability');
    await add(parent, 409);
    const moderation = await charity.read(`${path()}/moderation`);
    expect(moderation).toMatchObject({
      isCovered: false,
      moderators: [{ personId: anna, isStaff: true, isActive: false, missing: ['out_of_hours_plan'] }],
    });
    await ready(anna, 'out_of_hours_plan');
    await charity.app.settle();
    expect(await charity.read(`${path()}/moderation`)).toMatchObject({ isCovered: true, lacks: [] });
    await add(parent);
    expect(
      (await events('ModerationCoverLost', 'ModeratorActivated', 'ModerationCoverRestored')).map(({ name }) => name),
    ).toEqual(['ModerationCoverLost', 'ModeratorActivated', 'ModerationCoverRestored']);
  });

  it('[AMZ-034] [AMZ-033] takes volunteers and partners beside the staff, and nobody who is neither as staff', async () => {
    const volunteer = await somebody('volunteer');
    const moderators = `${path()}/moderators`;
    expect(await charity.done(moderators, { personId: volunteer, kind: 'staff' }, 409)).toMatchObject({
      code: 'ModeratorKindNotAllowed',
      rules: [rule('staff_moderators_min', 'AMZ-032')],
    });
    expect(await charity.done(moderators, { personId: volunteer, kind: 'organiser' }, 409)).toMatchObject({
      code: 'ModeratorKindNotAllowed',
      rules: [rule('co_moderators', 'AMZ-034')],
    });
    await charity.done(moderators, { personId: volunteer, kind: 'trusted_volunteer' });
  });

  it('[AMZ-098] asks of a volunteer whom to call in an emergency', async () => {
    const volunteer = await somebody('volunteer');
    await charity.done(`${path()}/moderators`, { personId: volunteer, kind: 'trusted_volunteer' });
    await ready(volunteer, 'policy_ack', 'agreement_ack', 'availability', 'out_of_hours_plan');
    const of = async () =>
      ((await charity.read(`${path()}/moderation`))['moderators'] as { personId: string }[]).find(
        ({ personId }) => personId === volunteer,
      );
    expect(await of()).toMatchObject({ isActive: false, missing: ['urgent_contacts'] });
    await ready(volunteer, 'urgent_contacts');
    expect(await of()).toMatchObject({ isActive: true });
    const stranger = await somebody('volunteer');
    const prerequisites = `${path()}/moderators/${stranger}/prerequisites`;
    expect(await charity.done(prerequisites, { kind: 'policy_ack' }, 409)).toMatchObject({ code: 'NotAModerator' });
    await charity.done(prerequisites, { kind: 'charm' }, 400);
  });
});

describe('proposing and adding', () => {
  it('[AMZ-115] [AMZ-116] lets anybody in the group propose, and only its admins add', async () => {
    const member = await charity.member(groupId);
    const parent = await charity.person();
    await charity.agree(parent, groupId);
    const proposals = `${path()}/proposals`;
    await charity.done(proposals, { personId: parent, proposedBy: member });
    await charity.done(proposals, { personId: parent, proposedBy: member }, 200);
    expect(await add(parent, 409, by(member))).toMatchObject({
      code: 'NotAllowedToAdd',
      rules: [rule('add_authority', 'AMZ-116')],
    });
    expect((await charity.read(`${proposals}?state=open`)).items).toEqual([
      expect.objectContaining({ personId: parent, proposedBy: member, state: 'open', settledAt: null }),
    ]);
    await add(parent, 201, by(anna));
    expect((await charity.read(`${proposals}?state=open`)).items).toEqual([]);
    expect((await charity.read(`${proposals}?state=added`)).items).toMatchObject([{ personId: parent }]);
    expect(await charity.done(proposals, { personId: parent, proposedBy: member }, 409)).toMatchObject({
      code: 'AlreadyInGroup',
    });
  });

  it('[AMZ-115] takes a proposal from nobody outside, and lets it be declined', async () => {
    const [outsider, parent, member] = [await charity.person(), await charity.person(), await charity.member(groupId)];
    const proposals = `${path()}/proposals`;
    expect(await charity.done(proposals, { personId: parent, proposedBy: outsider }, 409)).toMatchObject({
      code: 'ProposerNotInGroup',
    });
    await charity.done(proposals, { personId: parent }, 400);
    await charity.done(proposals, { personId: randomUUID(), proposedBy: member }, 404);
    await charity.done(proposals, { personId: parent }, 201, by(member));
    await charity.done(`${proposals}/${parent}/decline`);
    expect(await charity.done(`${proposals}/${parent}/decline`, {}, 409)).toMatchObject({ code: 'NotProposed' });
    expect((await charity.read(`${proposals}?state=declined`)).items).toMatchObject([{ personId: parent }]);
  });

  it('a moderator’s key has to say for whom it adds', async () => {
    const { key } = (await charity.done('/v1/keys', { scopes: ['moderator'] })) as { key?: string };
    const parent = await charity.person();
    await charity.agree(parent, groupId);
    expect(await add(parent, 409, { key })).toMatchObject({ code: 'NotAllowedToAdd' });
    await add(parent, 201, { key, ...by(anna) });
  });

  it('[AMZ-116] refuses every way in but an admin’s', async () => {
    const parent = await charity.person();
    await charity.agree(parent, groupId);
    const told = await charity.done(`${path()}/members`, { personId: parent, route: 'emailed_link' }, 409);
    expect(told).toMatchObject({ code: 'RouteNotAllowed', rules: [rule('join_routes', 'AMZ-116')] });
  });
});

describe('removal for conduct', () => {
  const out = (personId: string, body: object, status = 201) =>
    charity.done(`${path()}/members/${personId}/remove-for-conduct`, body, status);
  const confirm = (personId: string) =>
    charity.done(`${path()}/members/${personId}/confirm-removal`, { evidence: 'admin_confirmed' });

  it('[AMZ-095] for good takes a moderator of the staff, and keeps the person out for good', async () => {
    const parent = await charity.member(groupId);
    const volunteer = await somebody('volunteer');
    for (const body of [{}, { agreedBy: volunteer }, { agreedBy: parent }])
      expect(await out(parent, body, 409)).toMatchObject({
        code: 'StaffModeratorMustAgree',
        rules: [rule('permanent_removal_by', 'AMZ-095')],
      });
    await out(parent, { agreedBy: anna });
    await out(parent, { agreedBy: anna }, 200);
    expect(await charity.orders(parent)).toMatchObject([{ trigger: 'conduct', dueAt: '2026-04-03T09:00:00.000Z' }]);
    await confirm(parent);
    await charity.app.settle();
    await charity.agree(parent, groupId);
    expect(await add(parent, 409)).toMatchObject({ code: 'Barred', rules: [rule('rejoin_after_removal', 'AMZ-095')] });
    expect(await charity.story(parent, groupId)).toEqual([
      'MemberAdded',
      'ConductRemovalDecided',
      'MemberBarred',
      'RemovalTaskOpened',
      'MemberRemoved',
      'AdmissionRefused',
      'ReadmissionBlocked',
    ]);
  });

  it('[AMZ-094] for a while ends with the day that was named', async () => {
    const parent = await charity.member(groupId);
    await out(parent, { until: '2026-04-01T08:00:00Z' }, 409);
    await out(parent, { until: '2026-04-08T09:00:00Z' });
    await confirm(parent);
    await charity.app.settle();
    await charity.agree(parent, groupId);
    await add(parent, 409);
    await charity.app.moveClock('2026-04-08T09:00:00.000Z');
    await add(parent);
  });

  it('[AMZ-095] a roster that shows somebody barred orders them out at once', async () => {
    const parent = await charity.member(groupId);
    await out(parent, { agreedBy: anna });
    await confirm(parent);
    await charity.app.moveClock('2026-04-09T09:00:00.000Z');
    await charity.done(`${path()}/rosters`, {
      takenAt: '2026-04-09T09:00:00.000Z',
      participants: [{ personId: parent }],
    });
    await charity.app.settle();
    expect(await charity.orders(parent)).toContainEqual(
      expect.objectContaining({ state: 'open', trigger: 'conduct', dueAt: '2026-04-09T10:00:00.000Z' }),
    );
    expect(await charity.story(parent, groupId)).toEqual(
      expect.arrayContaining(['ReadmissionBlocked', 'RemovalContradicted']),
    );
  });
});

describe('the staff moderator leaves', () => {
  it('[AMZ-032] [AMZ-054] loses the role at that instant, and the group its cover until another is ready', async () => {
    const subject = { kind: 'hrId', value: hrId };
    await charity.report('LeaverReported', { subject, category: 'staff', leavesAt: '2026-04-30T23:00:00Z' });
    expect(await charity.read(`${path()}/moderation`)).toMatchObject({
      isCovered: true,
      warnings: [
        { code: 'CoverEnding', because: expect.stringContaining('2026-04-30'), parameter: 'staff_moderators_min' },
      ],
    });
    expect(await events('ModerationCoverEnding')).toMatchObject([{ data: { endsAt: '2026-04-30T23:00:00.000Z' } }]);
    await charity.done(`${path()}/moderators`, { personId: anna, kind: 'staff' });
    await charity.app.moveClock('2026-05-02T09:00:00.000Z');
    const parent = await charity.person();
    await charity.agree(parent, groupId);
    expect(await add(parent, 409)).toMatchObject({ code: 'ModerationNotCovered' });
    const other = await somebody('staff');
    await charity.done(`${path()}/moderators`, { personId: other, kind: 'staff' });
    await ready(other, 'policy_ack', 'agreement_ack', 'availability');
    await add(parent, 409);
    await charity.app.moveClock('2026-05-06T08:30:00.000Z');
    await ready(other, 'out_of_hours_plan');
    await charity.app.settle();
    await add(parent);
    const gap = (await events('ModeratorStoodDown', 'ModerationCoverLost', 'ModerationCoverRestored')).slice(-3);
    expect(gap.map(({ name, occurredAt }) => [name, occurredAt])).toEqual([
      ['ModeratorStoodDown', '2026-04-30T23:00:00.000Z'],
      ['ModerationCoverLost', '2026-04-30T23:00:00.000Z'],
      ['ModerationCoverRestored', '2026-05-06T08:30:00.000Z'],
    ]);
  });

  it('[AMZ-087] moderators are asked again after ninety days, and anew after each time they go on', async () => {
    const active = (
      (await charity.read(`${path()}/moderation`))['moderators'] as { personId: string; kind: string }[]
    ).find(({ kind }) => kind === 'staff')!;
    expect(active).toMatchObject({ isActive: true, reaffirmBy: '2026-08-04T08:30:00.000Z' });
    await charity.app.moveClock('2026-08-04T08:30:00.000Z');
    const asked = (await events('ModeratorReaffirmationDue')).map(({ data }) => data as { personId: string });
    expect(asked.map(({ personId }) => personId)).toContain(active.personId);
    await charity.done(`${path()}/moderators/${active.personId}/reaffirm`);
    expect(await charity.read(`${path()}/moderation`)).toMatchObject({
      moderators: expect.arrayContaining([
        expect.objectContaining({ personId: active.personId, reaffirmBy: '2026-11-02T09:30:00.000Z' }),
      ]),
    });
    await charity.done(`${path()}/moderators/${randomUUID()}/reaffirm`, {}, 409);
  });

  it('[AMZ-056] a group of staff alone needs no moderator', async () => {
    const staffOnly = await charity.group({ groupType: 'staff-only', admins: [await somebody('staff')] });
    expect(await charity.read(`/v1/groups/${staffOnly}/moderation`)).toMatchObject({ isCovered: true, lacks: [] });
  });
});

describe('a group in preparation', () => {
  it('[LD-28] [AMZ-101] takes nobody in until every text its policy asks for is published', async () => {
    await charity.done('/v1/profiles/political-party/activate');
    await charity.app.settle();
    const admin = await charity.person({ statuses: statuses('member') });
    const ward = await charity.group({ groupType: 'party-group', admins: [admin] });
    const told = { personId: admin, groupId: ward, noticeVersion: 'notice-1' };
    await charity.done('/v1/consents/notices', { ...told, items: ['purpose', 'duration'] });
    await charity.done('/v1/consents', { ...told, scope: ['membership'], purpose: 'campaign', method: 'written' });
    await charity.app.settle();
    const members = `/v1/groups/${ward}/members`;
    expect(await charity.done(members, { personId: admin }, 409)).toMatchObject({
      code: 'TextsMissing',
      rules: [rule('agreement_topics', 'LD-28')],
    });
    const lacks = async () => (await charity.read(`/v1/groups/${ward}/moderation`))['lacks'];
    expect(await lacks()).toMatchObject([{ code: 'TextsMissing' }]);
    const fields = { organisation: 'The party', groupName: 'Ward', purpose: 'canvassing', contact: 'ward@example.org' };
    await charity.done('/v1/texts/fields', { groupId: ward, fields }, 200);
    const { sections } = await charity.read(`/v1/texts/suggested?groupId=${ward}&kind=agreement`);
    await charity.done('/v1/texts', { groupId: ward, kind: 'agreement', sections, publish: true });
    await charity.app.settle();
    expect(await lacks()).toEqual([]);
    await charity.done(members, { personId: admin });
  });
});

describe('other profiles', () => {
  it('[HSU-28] a society takes nobody back who was removed for conduct, whatever date is named', async () => {
    await charity.done('/v1/profiles/students-union/activate', { overrides: { '*': { agreement_topics: [] } } });
    await charity.app.settle();
    const chair = await somebody('committee');
    const society = await charity.group({ groupType: 'society', admins: [chair] });
    const student = await charity.person({ statuses: statuses('society_member') });
    const told = { personId: student, groupId: society, noticeVersion: 'notice-1' };
    const consent = async () => {
      const items = ['purpose', 'phone_visibility', 'who_may_join', 'rules'];
      await charity.done('/v1/consents/notices', { ...told, items });
      await charity.done('/v1/consents', { ...told, scope: ['membership'], purpose: 'society', method: 'link_opt_in' });
      await charity.app.settle();
    };
    await consent();
    const members = `/v1/groups/${society}/members`;
    const wish = { personId: student, route: 'qr' };
    expect(await charity.done(members, { personId: student }, 409)).toMatchObject({
      code: 'RouteNotAllowed',
      rules: [rule('join_routes', 'HSU-03')],
    });
    await charity.done(members, wish, 201, by(student));
    await charity.done(`${members}/${student}/remove-for-conduct`, { until: '2026-09-01T09:00:00Z' });
    await charity.done(`${members}/${student}/confirm-removal`, { evidence: 'admin_confirmed' });
    await charity.app.settle();
    await consent();
    await charity.app.moveClock('2026-10-01T09:00:00.000Z');
    expect(await charity.done(members, wish, 409)).toMatchObject({
      code: 'Barred',
      rules: [rule('rejoin_after_removal', 'HSU-28')],
    });
  });
});
