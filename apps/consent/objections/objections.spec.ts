import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceKit } from '#nest';
import { KITS } from '../../../libs/nest/operations.js';
import { openParty, type Party } from '../testing.js';
import { queueMessage } from '../messages/messages.js';
import { openMailbox, type Mailbox } from '../messages/testing.js';

let mailbox: Mailbox;
let party: Party;
let byHand: Party;
beforeAll(async () => {
  mailbox = await openMailbox();
  party = await openParty(mailbox.env);
  byHand = await openParty();
});
afterAll(async () => {
  await party.app.close();
  await byHand.app.close();
  await mailbox.close();
});

const somebody = async ({ done }: Party) => {
  const email = `${randomUUID()}@members.example`;
  const links = [{ kind: 'crmId', value: randomUUID() }];
  return { email, personId: String((await done('/v1/people', { links, email, source: 'crm' }))['personId']) };
};
const write = async ({ done, app }: Party, personId: string, more: object = {}) => {
  const words = { kind: 'notice', subject: 'A new rule', text: 'Please read it.' };
  const { messageId } = await done('/v1/messages', { personId, ...words, ...more });
  await app.settle();
  return String(messageId);
};
/** The message, once it is in this state. */
const inState = async ({ app }: Party, messageId: string, state: string) => {
  for (let tries = 0; ; tries++) {
    await app.settle();
    const { body } = await app.get(`/v1/messages/${messageId}`);
    if (body['state'] === state) return body;
    if (tries === 200) throw new Error(`It is ${String(body['state'])}, not ${state}`);
    await delay(50);
  }
};
const object = async ({ done, app }: Party, personId: string, more: object = {}) => {
  const body = { kind: 'objection', personId, identity: 'confirmed', against: ['messages'], ...more };
  const { requestId } = await done('/v1/rights-requests', body);
  await app.settle();
  return `/v1/rights-requests/${String(requestId)}`;
};
const mailsTo = (email: string) => mailbox.mails.filter(({ recipients }) => recipients.includes(email));
const complying = { outcome: 'complied', answer: 'No more messages', stopped: ['messages'] };

describe('somebody who objects to messages', () => {
  it('gets none while the objection is open, nor after an answer that stopped them, until they object no longer', async () => {
    const { personId, email } = await somebody(party);
    await inState(party, await write(party, personId), 'sent');
    const path = await object(party, personId);
    const off = await inState(party, await write(party, personId), 'called_off');
    expect(off).toMatchObject({ reason: 'not_wanted', attempts: 0 });
    await party.done(`${path}/answer`, complying);
    await party.app.settle();
    await inState(party, await write(party, personId), 'called_off');
    expect(mailsTo(email)).toHaveLength(1);
    await party.done(`${path}/withdraw-objection`, {});
    await party.app.settle();
    await inState(party, await write(party, personId), 'sent');
    expect(mailsTo(email)).toHaveLength(2);
  });

  it('is written to again where the objection is refused, and gets what was queued for later', async () => {
    const { personId } = await somebody(party);
    const { now } = (await party.app.get('/v1/clock')).body as { now: string };
    const dueAt = new Date(Date.parse(now) + 3_600_000).toISOString();
    const later = await write(party, personId, { dueAt });
    const path = await object(party, personId);
    await inState(party, later, 'queued');
    const refusing = { outcome: 'refused', answer: 'A claim is pending', because: 'legal_claims' };
    await party.done(`${path}/answer`, refusing);
    await party.app.settle();
    await party.app.moveClock(dueAt);
    await inState(party, later, 'sent');
  });

  it('has what waits for a hand called off, once it is known who objects', async () => {
    const { personId } = await somebody(byHand);
    const messageId = await write(byHand, personId);
    await inState(byHand, messageId, 'held');
    const path = await object(byHand, personId, { identity: 'awaited' });
    await inState(byHand, messageId, 'held');
    await byHand.done(`${path}/confirm-identity`, {});
    await inState(byHand, messageId, 'called_off');
  });

  it('still gets the code they ask for', async () => {
    const { personId, email } = await somebody(party);
    await object(party, personId);
    const { app } = party;
    const kit = app.nest.get<readonly ServiceKit[]>(KITS).find(({ name }) => name === 'consent')!;
    const messageId = randomUUID();
    const code = { messageId, personId, kind: 'one_time_code' as const, subject: 'Your code', text: '123456' };
    const cause = { actor: { kind: 'system', id: 'test' } as const };
    await kit.database.inTenant(app.organisationId, (tx) => queueMessage(kit, tx, cause, code));
    await inState(party, messageId, 'sent');
    expect(mailsTo(email)).toHaveLength(1);
  });

  it('but not somebody who objects to something else, nor anybody else', async () => {
    const { personId } = await somebody(byHand);
    await object(byHand, (await somebody(byHand)).personId);
    await object(byHand, personId, { against: ['records'] });
    await inState(byHand, await write(byHand, personId), 'held');
  });
});
