import type { Transaction } from '#eventsourcing';
import type { Holding, Row, ServiceKit } from '#nest';
import { devicesOf } from './holdings.read-model.js';

/** Adds what the vault keeps under the id in `column`; what is gone there is left out. */
export const withVault = (column: string) => async (kit: ServiceKit, tx: Transaction, rows: readonly Row[]) => {
  const all: Row[] = [];
  for (const row of rows) {
    const kept = Object.entries(await kit.vault.readAll(tx, String(row[column])));
    const said = kept.flatMap(([field, personal]) => (personal.state === 'value' ? [[field, personal.value]] : []));
    all.push({ ...row, ...(Object.fromEntries(said) as Row) });
  }
  return all;
};

/** Breaches, incidents, devices, records and reviews that name people. What was reported in confidence is looked at by a person first. */
export const cases: readonly Holding[] = [
  {
    title: 'Breaches that concern you; what was reported is looked at by a person before it is shown',
    table: 'breaches',
    about: '$2 = any(person_ids)',
    at: 'noticed_at',
  },
  {
    title: 'Incidents that concern you; what was reported is looked at by a person before it is shown',
    table: 'incidents',
    about: '$2 = any(person_ids)',
  },
  { title: 'What you did about an incident', table: 'incident_steps', about: 'by_id = $2', at: 'at' },
  {
    title: 'Devices of yours on the register',
    table: 'devices',
    about: 'person_id = $2',
    at: 'registered_at',
    words: withVault('deviceId'),
    erase: async (kit, tx, { personId }) => {
      for (const deviceId of await devicesOf(tx, personId)) await kit.vault.erase(tx, deviceId);
    },
  },
  { title: 'What you did about a lost device', table: 'device_tasks', about: 'done_by = $2', at: 'done_at' },
  {
    title: 'Messages of yours that are to be, or are, on record as business',
    table: 'business_records',
    about: 'person_id = $2',
    inGroup: 'group_id = $2',
    at: 'sent_at',
    words: withVault('recordId'),
  },
  {
    title: 'Messages of yours that were kept from an exported chat',
    table: 'kept_messages',
    about: 'person_id = $2',
    inGroup: 'group_id = $2',
    at: 'sent_at',
    hidden: ['commitment'],
  },
  { title: 'Reviews you made', table: 'reviews', about: 'reviewed_by = $2', at: 'reviewed_at' },
];
