import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPeople, type PeopleApp } from './people.fixture.js';

let app: PeopleApp;
let personId: string;
beforeAll(async () => {
  app = await openPeople();
  const links = [{ kind: 'crmId', value: 'v1' }];
  const body = { links, source: 'crm', dateOfBirth: '1990-02-03', email: 'Jo@example.org' };
  personId = (await app.post('/v1/people', body)).body['personId'] as string;
});
afterAll(() => app.close());

const reference = { kind: 'crmId', value: 'v1' };
const ask = (stated: object, options = {}) => app.post('/v1/people/verify', { reference, ...stated }, options);
const no = { status: 200, body: { verified: false } };

describe('proving who somebody is', () => {
  it('names the person when everything stated is on record', async () => {
    const yes = { status: 200, body: { verified: true, personId } };
    expect(await ask({ dateOfBirth: '1990-02-03' })).toMatchObject(yes);
    expect(await ask({ email: 'jo@EXAMPLE.org' })).toMatchObject(yes);
    expect(await ask({ email: 'jo@example.org', dateOfBirth: '1990-02-03' })).toMatchObject(yes);
  });

  it('knows a reference in capitals or without, as a phone’s keyboard will have it, and the exact one first', async () => {
    const person = async (value: string) =>
      (
        await app.post('/v1/people', {
          links: [{ kind: 'studentRef', value }],
          source: 'crm',
          dateOfBirth: '2001-05-05',
        })
      ).body['personId'];
    const verified = async (value: string) =>
      (await ask({ reference: { kind: 'studentRef', value }, dateOfBirth: '2001-05-05' })).body['personId'];
    const [capital, small, both] = [await person('S77'), await person('u88'), await person('K9')];
    expect(await verified(' s77')).toBe(capital);
    expect(await verified('U88')).toBe(small);
    const other = await person('k9');
    expect([await verified('K9'), await verified('k9')]).toEqual([both, other]);
  });

  it('says the same, and no more, of a wrong statement, an unknown reference and a value never recorded', async () => {
    await app.post('/v1/people', { links: [{ kind: 'crmId', value: 'v2' }], source: 'crm', name: 'Al' });
    const answers = [
      await ask({ dateOfBirth: '1990-02-04' }),
      await ask({ email: 'jo@example.org', dateOfBirth: '1990-02-04' }),
      await ask({ reference: { kind: 'crmId', value: 'nobody' }, dateOfBirth: '1990-02-03' }),
      await ask({ reference: { kind: 'phone', value: 'no number' }, dateOfBirth: '1990-02-03' }),
      await ask({ reference: { kind: 'crmId', value: 'v2' }, dateOfBirth: '1990-02-03' }),
      await ask({ dateOfBirth: '1990-02-03' }, { key: 'other' }),
    ];
    for (const { status, body } of answers) expect({ status, body }).toEqual(no);
  });

  it('takes no reference alone for a proof, and serves nobody but administrators', async () => {
    expect((await ask({})).status).toBe(400);
    expect((await ask({ dateOfBirth: '1990-02-03' }, { key: 'hr' })).status).toBe(403);
  });

  it('leaves no trace of what was asked', async () => {
    const before = await app.rows('select 1 from events');
    await ask({ email: 'canary-address@example.org' });
    expect(await app.rows('select 1 from events')).toHaveLength(before.length);
    expect(app.lines.join('')).not.toContain('canary-address');
  });
});
