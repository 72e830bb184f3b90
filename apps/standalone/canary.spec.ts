import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

const CANARIES = [
  'Canaria',
  'Zwitscherling',
  'canary-crm-77',
  'canary-hr-78',
  'canary.bird@example.org',
  '1971-12-13',
  'yellowfeather',
  'Aviary Circle',
  'Feeding times',
  'shelf-canary-9',
];

describe('personal data', () => {
  it('stands in no table, no event and no log line in clear, whichever door it came through', async () => {
    await app.post('/v1/profiles/political-party/activate', {});
    await app.settle();
    const csv =
      'crmId,hrId,name,email,phone,dateOfBirth,category,status,from,alias\ncanary-crm-77,canary-hr-78,Canaria Zwitscherling,canary.bird@example.org,,1971-12-13,member,active,2020-01-01T00:00:00Z,yellowfeather\n';
    const imported = await app.post('/v1/people/import', csv, { headers: { 'content-type': 'text/csv' } });
    expect(imported.body['accepted']).toBe(1);
    const found = await app.get('/v1/people?link=crmId:canary-crm-77');
    const personId = found.body.items![0]!['personId'] as string;
    const { body: group } = await app.post('/v1/groups', {
      name: 'Aviary Circle',
      purpose: 'Feeding times',
      groupType: 'party-group',
      admins: [personId],
    });
    await app.settle();
    await app.post(`/v1/groups/${group['groupId'] as string}/rosters`, {
      takenAt: '2026-01-01T08:00:00.000Z',
      participants: [
        { kind: 'alias', value: 'yellowfeather' },
        { kind: 'alias', value: 'Zwitscherling unknown' },
      ],
    });
    await app.moveClock('2026-01-01T10:00:00.000Z');
    const leaver = {
      specversion: '1.0',
      id: 'canary-1',
      source: 'urn:hr',
      type: 'rollcall.feeds.LeaverReported.v1',
      time: '2026-01-01T09:30:00.000Z',
      data: {
        subject: { kind: 'crmId', value: 'canary-crm-77' },
        category: 'member',
        leavesAt: '2026-01-01T09:15:00.000Z',
      },
    };
    expect(
      (await app.post('/v1/feeds', leaver, { headers: { 'content-type': 'application/cloudevents+json' } })).body[
        'accepted'
      ],
    ).toBe(1);
    await app.post(
      '/v1/feeds',
      { ...leaver, id: 'canary-2', data: { subject: { kind: 'crmId', value: 'canary-crm-77' }, name: 'Canaria' } },
      { headers: { 'content-type': 'application/cloudevents+json' } },
    );
    await app.post('/v1/retention-items', {
      recordClass: 'minutes',
      reference: 'shelf-canary-9',
      startsAt: '2025-12-01T00:00:00.000Z',
      period: 'P1Y',
      ownerId: personId,
    });
    await app.post('/v1/people', { name: 'Canaria', colour: 'Zwitscherling' });
    await app.settle();

    const tables = await app.asOwner<{ place: string }>(
      "select quote_ident(table_schema) || '.' || quote_ident(table_name) as place from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    expect(tables.length).toBeGreaterThan(40);
    const leaks: string[] = [];
    for (const { place } of tables) {
      const rows = await app.asOwner<{ text: string }>(`select t::text as text from ${place} t`);
      for (const { text } of rows)
        for (const canary of CANARIES)
          if (text.toLowerCase().includes(canary.toLowerCase())) leaks.push(`${place}: ${canary}`);
    }
    expect(leaks).toEqual([]);
    expect(app.lines.length).toBeGreaterThan(10);
    expect(
      app.lines.filter((line) => CANARIES.some((canary) => line.toLowerCase().includes(canary.toLowerCase()))),
    ).toEqual([]);
    // The search can find what it looks for: the value is there for those who may see it.
    expect(JSON.stringify((await app.get(`/v1/people/${personId}`)).body)).toContain('Canaria Zwitscherling');
  });
});
