import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPeople, type PeopleApp } from './people.fixture.js';

let app: PeopleApp;
beforeAll(async () => (app = await openPeople()));
afterAll(() => app.close());

const HEADER = 'crmId,hrId,name,email,phone,dateOfBirth,category,status,from';
const send = (text: string, query = '', options = {}) =>
  app.post(`/v1/people/import${query}`, text, { headers: { 'content-type': 'text/csv' }, ...options });
const eventNames = async () => (await app.rows<{ type: string }>('select type from events')).map(({ type }) => type);
const idOf = async (crmId: string) => {
  const { items } = (await app.get(`/v1/people?link=crmId:${crmId}`)).body;
  return items?.[0]?.['personId'] as string | undefined;
};

describe('importing people', () => {
  it('tolerates a byte order mark, CRLF and columns in another order', async () => {
    const reply = await send(
      `\uFEFFhrId,${HEADER.replace(',hrId', '')},alias\r\nh1,c1,"Canary, Jo",jo@canary.example,,2000-01-01,member,active,2026-01-01T00:00:00Z,Jo C\r\n`,
    );
    expect(reply).toMatchObject({ status: 200, body: { accepted: 1, unchanged: 0, rejected: [] } });
    const id = await idOf('c1');
    const shown = (await app.get(`/v1/people/${id}`)).body;
    expect(shown).toMatchObject({
      personal: { name: { value: 'Canary, Jo' } },
      categories: ['member'],
      statuses: [{ source: 'crm' }],
    });
    expect((await app.get('/v1/people?link=alias:jo c')).body.items).toMatchObject([{ personId: id }]);
  });

  it('names the columns when the header is another', async () => {
    for (const text of ['', 'name,email\nJo,x', `${HEADER},shoeSize\n`, HEADER.replaceAll(',', ';')]) {
      const reply = await send(text);
      expect(reply).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
      if (text) expect(JSON.stringify(reply.body)).toContain(HEADER);
    }
  });

  it('reports each bad row by number, field and rule, and takes in the others', async () => {
    const reply = await send(
      [
        HEADER,
        'c10,,Jo,,,,,,', // row 2
        ',,Nobody,,,,,,',
        'c11,,Jo,not-an-address,,,,,',
        'c12,,Jo,,,2030-01-01,,,',
        'c13,,Jo,,,,member,,',
        'c14,,Jo,,,,member,active,soon',
        'c15,,Jo,,,,king,active,2026-01-01T00:00:00Z',
        'c16,,"Jo,,,,,,',
        'c17,,Jo',
        'c18,,Jo,,,1850-01-01,,,',
        '',
        'c19,,Jo,,,,,,', // row 13
      ].join('\n'),
    );
    expect(reply.body).toMatchObject({ accepted: 2, unchanged: 0 });
    const rejected = reply.body['rejected'] as { row: number; field: string; rule: string }[];
    expect(rejected.map(({ row, field }) => [row, field])).toEqual([
      [3, 'crmId'],
      [4, 'email'],
      [5, 'dateOfBirth'],
      [6, 'category'],
      [7, 'from'],
      [8, 'category'],
      [9, 'row'],
      [10, 'row'],
      [11, 'dateOfBirth'],
    ]);
    expect(JSON.stringify(rejected)).not.toMatch(/not-an-address|2030|king|1850/);
    expect(await idOf('c10')).toBeDefined();
    expect(await idOf('c19')).toBeDefined();
    expect(await idOf('c18')).toBeUndefined();
  });

  it('[HSU-04] is refused whole where a row has a phone number and none are kept, and nothing of it is stored', async () => {
    await app.activate('students-union');
    const before = await app.rows('select 1 from events');
    const good = 'p1,,Jo,,,,,,';
    for (const [header, row, field] of [
      [HEADER, 'p2,,Al,,07700 900123,,,,', 'row 3/phone'],
      [`${HEADER},alias`, 'p2,,Al,,,,,,,+44 7700 900123', 'row 3/alias'],
    ] as const) {
      const first = header === HEADER ? good : `${good},`;
      const reply = await send([header, first, row].join('\n'));
      expect(reply).toMatchObject({ status: 409, body: { code: 'PhonesAreNotKept', errors: [{ field }] } });
      expect(JSON.stringify(reply.body)).toContain('HSU-04');
      expect(JSON.stringify(reply.body)).not.toContain('900123');
    }
    expect(await app.rows('select 1 from events')).toHaveLength(before.length);
    const without = HEADER.replace('phone,', '');
    expect((await send([without, 'p1,,Jo,,,,,'].join('\n'))).body).toMatchObject({ accepted: 1, rejected: [] });
  });

  it('[BR-64] keeps the numbers where they may be kept', async () => {
    await app.activate('district-councils');
    const reply = await send([HEADER, 'q1,,Jo,,07700 900555,,,,'].join('\n'));
    expect(reply.body).toMatchObject({ accepted: 1, rejected: [] });
    const shown = await app.get(`/v1/people/${await idOf('q1')}`);
    expect(shown.body['personal']).toMatchObject({ phone: { value: '+447700900555' } });
  });

  it('says that identifiers of two people disagree, without a word to the other rows', async () => {
    const row = (crmId: string, hrId: string) => `${crmId},${hrId},,,,,,,`;
    await send([HEADER, row('c20', 'h20'), row('c21', 'h21')].join('\n'));
    const reply = await send([HEADER, row('c20', 'h21'), row('c22', '')].join('\n'));
    expect(reply.body).toMatchObject({ accepted: 1, rejected: [{ row: 2, field: 'crmId' }] });
  });

  it('changes nothing the second time', async () => {
    const text = [HEADER, 'c30,,Jo,jo@x.example,,2001-01-01,member,active,2026-01-01T00:00:00Z'].join('\n');
    expect((await send(text, '?asOf=2026-02-01T00:00:00Z')).body).toMatchObject({ accepted: 1 });
    const before = await eventNames();
    expect((await send(text, '?asOf=2026-02-02T00:00:00Z')).body).toMatchObject({
      accepted: 0,
      unchanged: 1,
      rejected: [],
    });
    expect(await eventNames()).toEqual(before);
  });

  it('lets people come back whom the list shows again, and not by a list made before they left', async () => {
    const text = (status: string, from: string) => [HEADER, `c31,,,,,,member,${status},${from}`].join('\n');
    await send(text('active', '2026-01-01T00:00:00Z'), '?asOf=2026-02-01T00:00:00Z');
    await send(text('ended', '2026-03-01T00:00:00Z'), '?asOf=2026-03-02T00:00:00Z');
    const categories = async () => (await app.get(`/v1/people/${await idOf('c31')}`)).body['categories'];
    await send(text('active', '2026-01-01T00:00:00Z'), '?asOf=2026-02-15T00:00:00Z');
    expect(await categories()).toEqual([]);
    await send(text('active', '2026-04-01T00:00:00Z'), '?asOf=2026-04-02T00:00:00Z');
    expect(await categories()).toEqual(['member']);
  });

  it('takes 1,500 people in one request', async () => {
    const rows = Array.from(
      { length: 1_500 },
      (_, n) => `bulk${n},,Person ${n},p${n}@x.example,,1990-01-01,member,active,2026-01-01T00:00:00Z`,
    );
    const reply = await send([HEADER, ...rows].join('\n'));
    expect(reply.body).toMatchObject({ accepted: 1_500, unchanged: 0, rejected: [] });
  });

  it('wants text/csv and a key that may', async () => {
    expect((await app.post('/v1/people/import', { a: 1 })).status).toBe(400);
    expect((await send(`${HEADER}\n`, '', { key: 'hr' })).status).toBe(403);
  });
});

describe('what is personal', () => {
  it('is in no event, no read model and no log', async () => {
    const rows = [
      'canaryCrm,canaryHr,Canary Name,canary@x.example,,1987-06-05,member,active,2026-01-01T00:00:00Z,Canary Alias',
    ];
    await send([`${HEADER},alias`, ...rows, 'canaryCrm2,,,canary-no-address,,,,,,'].join('\n'));
    await app.get('/v1/people?link=crmId:canaryCrm');
    await app.get(`/v1/people/${await idOf('canaryCrm')}`);
    const tables = await app.rows<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'membership' and table_type = 'BASE TABLE'",
    );
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['events', 'identity_links', 'person_statuses']),
    );
    for (const { name } of tables.filter(({ name: table }) => !['clock', 'migrations'].includes(table))) {
      const found = await app
        .rows<{ text: string }>(`select t::text as text from membership."${name}" t`)
        .catch(() => []);
      expect(found.map(({ text }) => text).join('\n')).not.toMatch(/canary|1987-06-05/i);
    }
    expect(app.lines.length).toBeGreaterThan(0);
    expect(app.lines.join('\n')).not.toMatch(/canary|1987-06-05/i);
  });
});
