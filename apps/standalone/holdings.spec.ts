import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { search, type ServiceKit } from '#nest';
import { KITS } from '../../libs/nest/operations.js';
import { consent } from '../consent/consent.service.js';
import { gateway } from '../gateway/gateway.service.js';
import { membership } from '../membership/membership.service.js';
import { retention } from '../retention/retention.service.js';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

/** Tables that name people and are searched another way, each with the way. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'consent.alternative_channels.delivered_by': 'says by which way, not by whom',
  'gateway.history': 'asked for as the history',
  'gateway.history_terms': 'finds events of the history',
};
/** Columns that hold the id of a person, by their names. */
const PERSON = /^(person_ids?|owner_id|sender_id|issuer_id|by_id|recipient|\w+_by|owners|seen|names)$/;
/** Columns that only sound like one. */
const INSTANTS = /^(circulate_by|reaffirm_by|decide_by|report_by|late_by|review_by|notify_by)$/;
const isPerson = (column: string) => PERSON.test(column) && !INSTANTS.test(column);

const services = [gateway, membership, consent, retention];

describe('what the services hold about people', () => {
  it('[AMZ-113] is searched in every table that has a column for a person', async () => {
    const columns = await app.asOwner<{ schema: string; table: string; column: string }>(
      `select table_schema as schema, table_name as "table", column_name as "column" from information_schema.columns
       where table_schema = any($1) order by 1, 2, 3`,
      [services.map(({ name }) => name)],
    );
    const searched = new Map(
      services.flatMap(({ name, holdings = [] }) => holdings.map((holding) => [`${name}.${holding.table}`, holding])),
    );
    const missing = columns
      .map(({ schema, table, column }) => ({ place: `${schema}.${table}`, column }))
      .filter(({ place, column }) => isPerson(column) && !(place in ELSEWHERE || `${place}.${column}` in ELSEWHERE))
      .filter(({ place, column }) => !searched.get(place)?.about?.includes(column));
    expect(missing).toEqual([]);
    expect(columns.filter(({ column }) => isPerson(column)).length).toBeGreaterThan(25);
  });

  it.each(services)('can be searched for in $name, by person and by group', async ({ name }) => {
    const kit = app.nest.get<readonly ServiceKit[]>(KITS).find((one) => one.name === name)!;
    const nobody = randomUUID();
    for (const wanted of [
      { personId: nobody },
      { groupId: nobody, from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' },
    ])
      expect(await kit.database.inTenant(app.organisationId, (tx) => search(kit, tx, wanted))).toMatchObject({
        parts: [],
      });
  });

  it.each(services)('is told by $name to our own services alone', async ({ name }) => {
    const path = `/v1/services/${name}/holdings?personId=${app.organisationId}`;
    expect(await app.get(path)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});
