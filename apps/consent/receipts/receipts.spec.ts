import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { fullNotice, inWriting } from '../testing.js';
import { openInvited, type Invited } from '../invitations/testing.js';

let party: Invited;
beforeAll(async () => {
  party = await openInvited({ ROLLCALL_PUBLIC_URL: 'https://groups.example.org' });
});
afterAll(() => party.app.close());

const agreed = async (said: object = {}) => {
  const about = { personId: randomUUID(), groupId: party.groupId };
  await party.done('/v1/consents/notices', { ...about, ...fullNotice });
  await party.done('/v1/consents', { ...about, ...inWriting, recordedBy: randomUUID(), ...said });
  return about;
};
type Signed = { receipt: Record<string, unknown>; jws: string; keys: string };
const receiptOf = async ({ personId, groupId }: { personId: string; groupId: string }) =>
  (await party.app.get(`/v1/consents/receipt?personId=${personId}&groupId=${groupId}`)).body as unknown as Signed;
const published = async (organisationId = party.app.organisationId) => {
  const { status, headers, body } = await party.app.get(`/i/${organisationId}/keys.json`, { key: null });
  const keys = JSON.parse((body['text'] as string | undefined) ?? '{}') as JSONWebKeySet;
  return { status, keys, type: headers.get('content-type') };
};
/** What was signed, by the published keys alone. */
const verified = async (jws: string, keys: JSONWebKeySet) => {
  const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(keys));
  return { receipt: JSON.parse(new TextDecoder().decode(payload)) as unknown, header: protectedHeader };
};
const recordOf = ({ receipt }: Signed) => receipt['dpv:hasRecordOfActivity'] as Record<string, unknown>;

describe('a consent receipt', () => {
  it('is signed with one key from the first on, however many ask for theirs at once', async () => {
    const people = await Promise.all([agreed(), agreed(), agreed()]);
    const signed = await Promise.all(people.map(receiptOf));
    const { keys } = await published();
    expect(keys.keys).toHaveLength(1);
    for (const { jws, receipt } of signed) expect((await verified(jws, keys)).receipt).toEqual(receipt);
  });

  it('[LD-09] [LD-10] [LD-11] says what was agreed to, on which texts, how, when and until when, and how to take it back', async () => {
    const about = await agreed({ expiresAt: '2026-06-01T09:00:00Z' });
    const signed = await receiptOf(about);
    expect(signed.receipt).toMatchObject({
      '@type': 'dpv:ConsentReceipt',
      'dct:conformsTo': 'https://w3id.org/dpv/schema/dpv-27560#receipt',
      'dct:publisher': { '@id': `urn:uuid:${party.app.organisationId}`, 'dct:title': 'The Party' },
    });
    expect(recordOf(signed)).toMatchObject({
      'dpv:hasDataSubject': { '@id': `urn:uuid:${about.personId}` },
      'dpv:hasLegalBasis': ['dpv:Consent', 'eu-gdpr:A6-1-a'],
      'dpv:hasNotice': {
        'dct:identifier': 'notice-1',
        'dct:date': '2026-05-01T09:00:00.000Z',
        'dct:subject': ['purpose', 'duration'],
      },
      'dpv:hasProcess': {
        'dpv:hasPurpose': { 'dct:identifier': 'campaign' },
        'dpv:hasDuration': { 'dct:valid': '2026-06-01T09:00:00.000Z' },
        'dpv:hasRight': {
          'dpv:isExercisedAt': { 'dct:description': expect.stringContaining('take your agreement back') },
        },
      },
      'dpv:hasConsentStatus': 'dpv:ConsentGiven',
      'dct:hasPart': [
        {
          '@type': 'dpv:ConsentGiven',
          'dpv:isIndicatedAtTime': '2026-05-01T09:00:00.000Z',
          'dpv:hasIndicationMethod': 'written',
        },
      ],
    });
  });

  it('[AMZ-111] verifies by the published keys alone, and does not once a letter of it is changed', async () => {
    const { receipt, jws, keys: address } = await receiptOf(await agreed());
    expect(address).toBe(`https://groups.example.org/i/${party.app.organisationId}/keys.json`);
    const { keys, type } = await published();
    expect(type).toContain('application/jwk-set+json');
    expect(keys.keys.every((key) => !('d' in key))).toBe(true);
    const { receipt: told, header } = await verified(jws, keys);
    expect(told).toEqual(receipt);
    expect(header).toMatchObject({ alg: 'EdDSA', kid: keys.keys.at(-1)!.kid });

    const [head, , signature] = jws.split('.');
    const altered = Buffer.from(JSON.stringify({ ...receipt, 'dct:created': '2020-01-01T00:00:00.000Z' }));
    await expect(verified([head, altered.toString('base64url'), signature].join('.'), keys)).rejects.toThrow(
      'signature verification failed',
    );
  });

  it('names nobody but the person, and nobody’s words', async () => {
    const recordedBy = randomUUID();
    const signed = await receiptOf(await agreed({ recordedBy }));
    expect(JSON.stringify(signed)).not.toContain(recordedBy);
  });

  it('[LD-09] says so when the consent was taken back, and when it has run out', async () => {
    const back = await agreed();
    await party.done('/v1/consents/withdraw', back);
    expect(recordOf(await receiptOf(back))).toMatchObject({
      'dpv:hasConsentStatus': 'dpv:ConsentWithdrawn',
      'dct:hasPart': [
        { '@type': 'dpv:ConsentGiven' },
        { '@type': 'dpv:ConsentWithdrawn', 'dpv:isIndicatedAtTime': '2026-05-01T09:00:00.000Z' },
      ],
    });
    const over = await agreed({ expiresAt: '2026-05-01T09:10:00Z' });
    await party.app.moveClock('2026-05-01T09:10:00.000Z');
    expect(recordOf(await receiptOf(over))).toMatchObject({
      'dpv:hasConsentStatus': 'dpv:ConsentExpired',
      'dct:hasPart': [
        { '@type': 'dpv:ConsentGiven' },
        { '@type': 'dpv:ConsentExpired', 'dct:description': 'stated_end' },
      ],
    });
  });

  it('is there for nobody who never agreed, nor in another organisation', async () => {
    const refused = { personId: randomUUID(), groupId: party.groupId };
    await party.done('/v1/consents/refuse', refused);
    const path = `/v1/consents/receipt?groupId=${party.groupId}&personId=`;
    expect((await party.app.get(path + refused.personId)).status).toBe(404);
    const { key } = await party.app.anotherOrganisation();
    expect((await party.app.get(path + (await agreed()).personId, { key })).status).toBe(404);
  });

  it('[LD-12] is there for the person to keep, on the page they agreed on', async () => {
    const { crmId } = await party.somebody();
    const { path } = await party.invite();
    const { form } = await party.identify(path, crmId);
    const standing = await party.fill(path, { step: 'agree', form });
    const file = await party.fill(path, { step: 'receipt', form: standing.form });
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="consent-receipt.json"');
    const { jws, receipt } = JSON.parse(file.html) as Signed;
    expect((await verified(jws, (await published()).keys)).receipt).toEqual(receipt);
    expect(file.html).not.toContain(path.split('/').at(-1)!);
  });
});

describe('the keys', () => {
  it('change on demand: old receipts stay good, new ones are signed by the new key', async () => {
    const about = await agreed();
    const before = await receiptOf(about);
    const { kid } = await party.done('/v1/consents/receipt-keys/rotate', {});
    const after = await receiptOf(about);
    const { keys } = await published();
    expect(keys.keys.at(-1)!.kid).toBe(kid);
    expect((await verified(before.jws, keys)).header['kid']).not.toBe(kid);
    expect((await verified(after.jws, keys)).header['kid']).toBe(kid);
  });

  it('are none for an organisation nobody knows, and a place without a meaning is not found', async () => {
    expect(await published(randomUUID())).toMatchObject({ status: 200, keys: { keys: [] } });
    expect((await published('somebody')).status).toBe(404);
  });

  it('have their private part in the vault, encrypted, and in no event', async () => {
    await receiptOf(await agreed());
    const events = await party.app.asOwner<{ body: string }>(
      "select body from consent.events where type like '%ReceiptKeyMade%'",
    );
    expect(events.length).toBeGreaterThan(0);
    for (const { body } of events) expect(body).not.toMatch(/"d":/);
    const rows = await party.app.asOwner<{ ciphertext: Buffer }>(
      "select ciphertext from consent.personal_data where field like 'receipt-key:%'",
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});
