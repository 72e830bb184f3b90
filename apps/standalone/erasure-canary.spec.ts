import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ServiceKit } from '#nest';
import { KITS } from '../../libs/nest/operations.js';
import { dumpOf, whatOpens as whatVaultsOpen } from '../../libs/testing/canary.js';
import { openInvited, type Invited } from '../consent/invitations/testing.js';
import { openMailbox, type Mailbox } from '../consent/messages/testing.js';

let mailbox: Mailbox;
let invited: Invited;
beforeAll(async () => {
  mailbox = await openMailbox();
  invited = await openInvited(mailbox.env);
}, 120_000);
afterAll(async () => {
  await invited.app.close();
  await mailbox.close();
});

/** Marks of one person, each brought in by a door of its own. */
const MARKS = {
  name: 'Erasmine Vanishing',
  crmId: 'erase-crm-4711',
  hrId: 'erase-hr-4712',
  email: 'erasmine@canary.example',
  dateOfBirth: '1957-11-23',
  alias: 'Erazzie on the roster',
  text: 'Erasmine’s own words in a message',
  wish: 'Erasmine asks what is held',
  answer: 'Erasmine was told all of it',
  reference: 'Erasmine’s photo of the bridge',
  note: 'Erasmine deleted it from her phone',
  reason: 'Olive runs the group, said Erasmine',
};
const BORN = MARKS.dateOfBirth;
/** What anybody may be called by: parts of the marks that no other text of the product has. */
const CANARY = /erasmine|erazzie|erase-crm|erase-hr|1957-11-23/i;

const done = (path: string, body: object = {}) => invited.done(path, body);

const whatOpens = () => whatVaultsOpen(invited.app.nest.get<readonly ServiceKit[]>(KITS), invited.app.organisationId);
const dump = () => dumpOf(invited.app.ownerUrl);

async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    await invited.app.settle();
    const found = await what();
    if (found !== undefined) return found;
    await delay(50);
  }
  throw new Error('It did not come about');
}

/** Brings a person in by every door there is and gives their id and that of their earlier access request. */
async function comeByEveryDoor(): Promise<{ personId: string; earlier: string; olive: string }> {
  const { app, groupId } = invited;
  const olive = (await invited.somebody()).personId;
  const csv = `crmId,hrId,name,email,phone,dateOfBirth,category,status,from\n${MARKS.crmId},,${MARKS.name},${MARKS.email},,${BORN},member,active,2020-01-01T00:00:00Z\n`;
  const imported = await app.post('/v1/people/import', csv, { headers: { 'content-type': 'text/csv' } });
  expect(imported.body).toMatchObject({ accepted: 1 });
  await app.settle();
  const { body } = await app.get(`/v1/people?link=crmId:${MARKS.crmId}`);
  const personId = body.items![0]!['personId'] as string;
  await app.post(
    `/v1/people/${personId}/links`,
    { kind: 'hrId', value: MARKS.hrId, source: 'hr' },
    { headers: { 'idempotency-key': 'link-of-hr' } },
  );
  const cloud = { 'content-type': 'application/cloudevents+json' };
  const statement = { specversion: '1.0', source: 'urn:hr', type: 'rollcall.feeds.LeaverReported.v1' };
  const data = { subject: { kind: 'crmId', value: MARKS.crmId }, name: MARKS.name };
  await app.post('/v1/feeds', { ...statement, id: 'e-1', time: '2026-05-01T08:00:00Z', data }, { headers: cloud });
  await app.settle();
  await throughTheInvitation(personId);
  await onTheRoster(personId);
  await done('/v1/messages', { personId, kind: 'notice', subject: 'To Erasmine', text: MARKS.text });
  await done('/v1/messages', {
    personId,
    kind: 'notice',
    subject: 'Later, Erasmine',
    text: MARKS.text,
    dueAt: '2026-12-01T09:00:00Z',
  });
  await done('/v1/alternative-channels/record', { personId, groupId, channel: 'phone' });
  const kept = { recordClass: 'message', startsAt: '2020-05-01T09:00:00Z', period: 'P1Y', ownerId: personId, personId };
  const { itemId } = await done('/v1/retention-items', { ...kept, reference: MARKS.reference });
  await app.settle();
  const { taskId } = (await app.get(`/v1/retention-items/${itemId as string}`)).body as { taskId: string };
  await done(`/v1/deletion-tasks/${taskId}/not-possible`, {
    reason: 'device_lost',
    statedBy: personId,
    note: MARKS.note,
  });
  const earlier = (
    await done('/v1/rights-requests', { kind: 'access', identity: 'confirmed', personId, wish: MARKS.wish })
  )['requestId'] as string;
  await packageFor(earlier);
  await done(`/v1/rights-requests/${earlier}/answer`, { outcome: 'complied', answer: MARKS.answer });
  return { personId, earlier, olive };
}

async function throughTheInvitation(personId: string): Promise<void> {
  const { path } = await invited.invite({ audience: undefined, personId, maxUses: 1 });
  const sent = await invited.fill(path, { step: 'send', form: (await invited.open(path)).form });
  const code = await until(async () =>
    mailbox.mails.map(({ text }) => /^\d{6}$/m.exec(text ?? '')?.[0]).find((found) => found !== undefined),
  );
  const asked = await invited.fill(path, { step: 'code', form: sent.form, code });
  await invited.fill(path, { step: 'agree', form: asked.form });
  // Another one, never used, and a code that was asked for and never entered.
  const open = await invited.invite({ audience: undefined, personId, maxUses: 1 });
  await invited.fill(open.path, {
    step: 'who',
    form: (await invited.open(open.path)).form,
    reference: MARKS.crmId,
    dateOfBirth: BORN,
  });
  await invited.fill(open.path, { step: 'send', form: (await invited.open(open.path)).form });
  await invited.app.settle();
}

async function onTheRoster(personId: string): Promise<void> {
  const { app, groupId } = invited;
  const participants = [
    { kind: 'crmId', value: MARKS.crmId },
    { kind: 'alias', value: MARKS.alias },
  ];
  await app.post(`/v1/groups/${groupId}/rosters`, { takenAt: '2026-05-01T08:30:00.000Z', participants });
  const { body } = await app.get(`/v1/groups/${groupId}/discrepancies?state=open`);
  const entry = body.items!.find(({ value }) => (value as { value?: string }).value === MARKS.alias.toLowerCase())!;
  await done(`/v1/groups/${groupId}/discrepancies/${entry['entryId'] as string}/identify`, { personId });
}

async function packageFor(requestId: string): Promise<void> {
  const path = `/v1/rights-requests/${requestId}`;
  await done(`${path}/package`);
  const { others } = await until(async () => {
    const { body } = await invited.app.get(`${path}/package`);
    return body['state'] === 'compiled' ? (body as { others?: { label: number }[] }) : undefined;
  });
  for (const format of ['json', 'html'])
    expect((await invited.app.get(`${path}/package/document?format=${format}`)).status).toBe(200);
  const decision = { label: others![0]!.label, disclose: true, ground: 'public_role', reason: MARKS.reason };
  await done(`${path}/redactions`, decision);
}

it('[AMZ-113] of somebody erased nothing is left in any table, vault, log or export, whichever door it came through', async () => {
  const { app } = invited;
  const { personId, earlier } = await comeByEveryDoor();
  // The search can find what it looks for, and nothing of it was ever in clear.
  const before = (await whatOpens()).join('\n');
  for (const mark of [MARKS.name, MARKS.email, BORN, MARKS.text, MARKS.wish, MARKS.answer, MARKS.reference])
    expect(before).toContain(mark);
  for (const mark of [MARKS.note, MARKS.reason]) expect(before).toContain(mark);
  expect(CANARY.exec(await dump())).toBeNull();

  const { requestId } = await done('/v1/rights-requests', {
    kind: 'erasure',
    identity: 'confirmed',
    personId,
    wish: `${MARKS.wish} to be erased`,
  });
  const path = `/v1/rights-requests/${requestId as string}`;
  expect(await done(`${path}/erase`)).toMatchObject({ kept: [] });
  await until(async () => ((await app.get(path)).body['erasure'] === 'completed' ? true : undefined));
  await done(`${path}/answer`, { outcome: 'complied', answer: `${MARKS.answer}, and erased` });
  await app.moveClock('2026-12-02T09:00:00.000Z'); // the message that was still to go out, and every other deadline
  await app.settle();

  expect((await whatOpens()).filter((found) => CANARY.test(found))).toEqual([]);
  expect(CANARY.exec(await dump())).toBeNull();
  expect(app.lines.filter((line) => CANARY.test(line))).toEqual([]);
  const { body: exported } = await app.get(`/v1/history/export?personId=${personId}`);
  expect(CANARY.exec(JSON.stringify(exported))).toBeNull();
  expect(JSON.stringify(exported)).toContain('PersonRegistered');
  expect((await app.get(`/v1/rights-requests/${earlier}/package/document`)).status).toBe(409);
  expect((await app.get(`/v1/rights-requests/${earlier}`)).body).toMatchObject({ wish: { state: 'erased' } });
  // Nobody writes to them any more, and no code or link of theirs is of use.
  expect(await app.asOwner('select from consent.one_time_codes where person_id = $1', [personId])).toEqual([]);
  expect((await app.get(`/v1/invitations?personId=${personId}&state=open`)).body.items).toEqual([]);
  expect((await app.get(`/v1/alternative-channels?personId=${personId}&state=open`)).body.items).toEqual([]);
  expect(mailbox.mails.filter(({ subject }) => subject === 'Later, Erasmine')).toEqual([]);
}, 180_000);

it('[AMZ-113] what stays is named: an item under a hold, and nothing else', async () => {
  const { app } = invited;
  const { personId } = await invited.somebody();
  const kept = { recordClass: 'message', startsAt: '2020-05-01T09:00:00Z', period: 'P1Y', ownerId: personId, personId };
  const incidentId = '9d9bdaf3-5a5e-4d57-9b0e-0d9a7f6f3a77';
  const { itemId } = await done('/v1/retention-items', { ...kept, incidentId, reference: 'Erasmine under a hold' });
  const hold = { scope: { incidentId }, reason: 'Inquiry', authority: 'Letter', reviewAt: '2028-01-01T09:00:00Z' };
  await done('/v1/holds', hold);
  await app.settle();
  const { requestId } = await done('/v1/rights-requests', { kind: 'erasure', identity: 'confirmed', personId });
  expect(await done(`/v1/rights-requests/${requestId as string}/erase`)).toMatchObject({
    kept: [{ itemId, because: 'hold', explanation: 'A hold covers it.' }],
  });
  await app.settle();
  expect((await whatOpens()).filter((found) => CANARY.test(found))).toEqual([
    'retention reference: Erasmine under a hold',
  ]);
});
