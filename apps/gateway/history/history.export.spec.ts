import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse as parseCsv } from 'csv-parse/sync';
import { at, openGateway, placesOf, rule, type Gateway } from './history.fixture.js';

let gateway: Gateway;
let organisation: Gateway['organisation'];
beforeAll(async () => {
  gateway = await openGateway();
  organisation = gateway.organisation;
});
afterAll(() => gateway.stop());

describe('The export', () => {
  const many = Array.from({ length: 1_203 }, (_, n) => ({
    name: 'PersonRegistered',
    data: { personId: randomUUID(), source: 'hr' },
    occurredAt: at(n % 60),
    rules: [rule('BR-08')],
  }));

  it('as NDJSON names the clock first and then gives every event once, in order', async () => {
    const { get, recorded } = await organisation(...many);
    const { type, text } = await get('/export?type=PersonRegistered');
    const [heading, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(type).toBe('application/x-ndjson');
    expect(heading).toEqual({
      export: 'rollcall.history',
      clock: 'manual',
      exportedAt: '2026-06-01T09:00:00.000Z',
      filter: { type: 'PersonRegistered' },
    });
    expect(lines.map(({ occurredAt, eventId }) => [occurredAt, eventId])).toEqual(placesOf(recorded));
    expect(lines[0]).toMatchObject({ rules: [rule('BR-08')], service: 'membership', version: 1 });
  });

  it('as CSV names the clock on every row', async () => {
    const { get, recorded } = await organisation(...many.slice(0, 3));
    const { type, text } = await get('/export?format=csv&type=PersonRegistered&order=desc');
    const rows = parseCsv<Record<string, string>>(text, { columns: true });
    expect(type).toBe('text/csv; charset=utf-8');
    expect(rows.map(({ clock, eventId }) => [clock, eventId])).toEqual(
      recorded.toReversed().map(({ id }) => ['manual', id]),
    );
    const { data, rules, actor } = recorded.at(-1)!;
    expect(JSON.parse(rows[0]!['data']!)).toEqual(data);
    expect(JSON.parse(rows[0]!['rules']!)).toEqual(rules);
    expect(rows[0]).toMatchObject({
      actorKind: actor.kind,
      actorId: actor.id,
      occurredAt: at(2),
      service: 'membership',
      causationId: '',
    });
  });
});
