import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';

const sentAt = '2024-02-09T10:20:00.000Z';
let councils: Councils;
let groupId: string;
beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
  await councils.app.moveClock('2024-02-09T10:25:00.000Z');
});
afterAll(() => councils.app.close());

const note = (message: object = {}) =>
  councils.app.post('/v1/business-records', { groupId, reference: 'Ann on the boiler', sentAt, ...message });
const noted = async (message: object = {}) => (await note(message)).body['recordId'] as string;
const capture = (recordId: string, how: object = {}) =>
  councils.app.post(`/v1/business-records/${recordId}/captured`, {
    system: 'liquidlogic',
    reference: 'LL-2024-0117 Ann Smith',
    recordClass: 'case_record',
    period: 'P7Y',
    ownerId: randomUUID(),
    ...how,
  });
const show = async (recordId: string) => (await councils.app.get(`/v1/business-records/${recordId}`)).body;
const states = async (state: string) =>
  (await councils.app.get(`/v1/business-records?state=${state}&groupId=${groupId}`)).body.items!.map(
    (row) => row['recordId'],
  );

describe('a business message in a chat', () => {
  it('[CN-17] is owed to a system of record a day after it was sent', async () => {
    const answer = await note();
    expect(answer).toMatchObject({
      status: 201,
      body: { dueAt: '2024-02-10T10:20:00.000Z', belongsIn: null, events: [{ name: 'BusinessRecordDue' }] },
    });
    expect(await show(answer.body['recordId'] as string)).toMatchObject({
      state: 'owed',
      reference: { state: 'value', value: 'Ann on the boiler' },
      caseReference: { state: 'absent' },
    });
  });

  it('[CN-08] is shown as a gap until a system has it, and as overdue when the day is over', async () => {
    const [open, closed] = [await noted({ personId: randomUUID() }), await noted()];
    await councils.app.post('/v1/record-systems', { system: 'liquidlogic' });
    await capture(closed);
    expect(await states('owed')).toContain(open);
    expect(await states('owed')).not.toContain(closed);
    await councils.app.moveClock('2024-02-10T10:20:00.000Z');
    expect(await states('overdue')).toContain(open);
    expect(await states('overdue')).not.toContain(closed);
  });

  it('[CN-18] is closed by a reference in an approved system, and by nothing else', async () => {
    const recordId = await noted();
    expect((await capture(recordId, { system: 'inbox' })).body).toMatchObject({
      status: 409,
      code: 'SystemNotApproved',
      rules: [{ parameter: 'followup_rules', obligations: ['CN-17', 'CN-18'] }],
    });
    expect((await capture(recordId, { reference: '' })).status).toBe(400);
    expect(await show(recordId)).toMatchObject({ state: 'overdue' });
    const late = await capture(recordId, { occurredAt: '2024-02-10T10:20:00Z' });
    expect(late.body).toMatchObject({ events: [{ name: 'BusinessRecordCaptured' }] });
    expect(await show(recordId)).toMatchObject({
      state: 'captured',
      system: 'liquidlogic',
      lateBySeconds: 0,
      caseReference: { state: 'value', value: 'LL-2024-0117 Ann Smith' },
    });
    expect((await capture(recordId)).status).toBe(200);
    expect((await capture(recordId, { recordClass: 'invoice' })).body.code).toBe('AlreadyCaptured');
  });

  it('[CN-18] a system whose approval was taken back counts no longer', async () => {
    await councils.app.post('/v1/record-systems', { system: 'oldcase' });
    await councils.app.post('/v1/record-systems/withdraw', { system: 'oldcase' });
    expect((await capture(await noted(), { system: 'oldcase' })).body.code).toBe('SystemNotApproved');
    expect((await councils.app.get('/v1/record-systems')).body.items).toMatchObject([{ system: 'liquidlogic' }]);
  });

  it('[CN-19] is kept from its capture for the time of its class', async () => {
    const recordId = await noted();
    const { body } = await capture(recordId, { occurredAt: '2024-02-10T09:00:00Z' });
    expect(body).toMatchObject({ retainUntil: '2031-02-10T09:00:00.000Z' });
    const item = await councils.app.get(`/v1/retention-items/${body['itemId'] as string}`);
    expect(item.body).toMatchObject({ recordClass: 'case_record', startsAt: '2024-02-10T09:00:00.000Z', groupId });
    const silent = await capture(await noted(), { period: undefined });
    expect(silent.body).toMatchObject({ code: 'NoRetentionPeriod', rules: [{ obligations: ['CN-19'] }] });
  });

  it('is gone from the vault when the end of its record is attested', async () => {
    const recordId = await noted();
    const ownerId = randomUUID();
    const how = { period: 'P1D', ownerId, reference: 'LL-gone', occurredAt: '2024-02-09T10:21:00Z' };
    const { body } = await capture(recordId, how);
    const item = (await councils.app.get(`/v1/retention-items/${body['itemId'] as string}`)).body;
    expect(item).toMatchObject({ reference: { value: 'liquidlogic: LL-gone' } });
    await councils.app.moveClock('2024-02-10T10:30:00.000Z');
    const word = { scope: 'everyone', attestedBy: ownerId };
    const { status } = await councils.app.post(`/v1/deletion-tasks/${item['taskId'] as string}/attest`, word);
    expect(status).toBe(201);
    await councils.app.settle();
    expect(await show(recordId)).toMatchObject({ reference: { state: 'erased' }, caseReference: { state: 'erased' } });
  });

  it('[CN-24] [CN-26] about a binding transaction is found out, and where it belongs is said', async () => {
    expect((await note({ topic: 'binding_transaction' })).body).toMatchObject({
      belongsIn: 'approved_documents',
      events: [{ name: 'BusinessRecordDue' }, { name: 'ImproperUseNoted' }],
    });
    expect((await note({ topic: 'binding_tranaction' })).status).toBe(400);
  });

  it('[CN-25] [CN-26] that is stored email is found out, and where it belongs is said', async () => {
    const { body } = await note({ topic: 'email_storage' });
    expect(body).toMatchObject({ belongsIn: 'approved_documents' });
    expect(await show(body['recordId'] as string)).toMatchObject({ topic: 'email_storage', state: 'overdue' });
  });

  it('is refused where the policy owes no record, and another message under a known id', async () => {
    const team = await councils.group('team-chat');
    expect((await note({ groupId: team })).body).toMatchObject({ status: 409, code: 'NoRecordOwed' });
    const recordId = await noted();
    expect((await note({ recordId })).status).toBe(200);
    expect((await note({ recordId, sentAt: '2024-02-09T10:21:00Z' })).body.code).toBe('AlreadyNoted');
    expect((await note({ sentAt: '2024-02-20T10:21:00Z' })).status).toBe(400);
    expect((await capture(randomUUID())).status).toBe(404);
  });

  it('[CN-17] says nothing of a message outside of the vault, and shows it to nobody else', async () => {
    for (const text of ['boiler', 'LL-2024-0117'])
      expect(await councils.app.asOwner(`select from retention.events t where t::text like '%${text}%'`)).toEqual([]);
    const { key } = await councils.app.anotherOrganisation();
    const recordId = await noted();
    expect((await councils.app.get(`/v1/business-records/${recordId}`, { key })).status).toBe(404);
  });
});
