import type { Slice } from '#nest';
import { requestsOf } from '../requests/requests.read-model.js';
import { cases, withVault } from './cases.js';

/** What this service holds about people, table by table; what items are and what was said are in the vault. */
export const holdings: Slice = {
  holdings: [
    ...cases,
    {
      title: 'Messages and records kept about you, or for you to delete',
      table: 'retention_items',
      about: '$2 in (person_id, owner_id, sender_id)',
      inGroup: 'group_id = $2',
      at: 'starts_at',
      hidden: ['by_policy', 'version', 'terms'],
      words: withVault('itemId'),
    },
    {
      title: 'What you had to delete, or said of it',
      table: 'deletion_tasks',
      about: '$2 in (owner_id, attested_by)',
      inGroup: 'item_id in (select item_id from retention_items where tenant_id = $1 and group_id = $2)',
      at: 'opened_at',
    },
    {
      title: 'What keeps things from being deleted because of you',
      table: 'holds',
      about: "scope->>'personId' = $2::uuid::text",
      at: 'placed_at',
      words: withVault('holdId'),
    },
    {
      title: 'What you asked of the organisation by right',
      table: 'rights_requests',
      about: 'person_id = $2',
      at: 'received_at',
      words: withVault('requestId'),
      // Their words go with the person; that a request was made and answered, and when, stays.
      erase: async (kit, tx, { personId }) => {
        for (const requestId of await requestsOf(tx, personId)) await kit.vault.erase(tx, requestId);
      },
    },
    {
      title: 'When you came into groups and when you went out, as this service was told',
      table: 'presence',
      about: 'person_id = $2',
      at: 'at',
      hidden: ['version', 'event_id'],
    },
    {
      title: 'What of yours began the time that something is kept',
      table: 'retention_triggers',
      about: 'person_id = $2',
      at: 'at',
    },
    { title: 'Groups you run, as this service was told', table: 'group_admins', about: 'person_id = $2' },
  ],
};
