import type { Slice } from '#nest';
import { NamesController } from './names.controller.js';

/** What this service holds about people, table by table; names, addresses and dates of birth are in the vault. */
export const holdings: Slice = {
  controllers: [NamesController],
  holdings: [
    {
      title: 'What other systems know you by; the identifiers themselves are not kept',
      table: 'identity_links',
      about: 'person_id = $2',
      hidden: ['commitment'],
    },
    {
      title: 'What was stated about your membership or work',
      table: 'person_statuses',
      about: 'person_id = $2',
      at: 'status_from',
    },
    { title: 'What you have left, or will leave', table: 'person_leaves', about: 'person_id = $2', at: 'leaves_at' },
    { title: 'Groups you are in', table: 'person_groups', about: 'person_id = $2', at: 'since' },
    { title: 'How you are in groups', table: 'participations', about: 'person_id = $2' },
    { title: 'Your consents as this service was told of them', table: 'known_consents', about: 'person_id = $2' },
    {
      title: 'Proposals to add you to a group, or made by you',
      table: 'member_proposals',
      about: '$2 in (person_id, proposed_by)',
      at: 'proposed_at',
    },
    {
      title: 'Orders to take you out of a group, or for you to carry out',
      table: 'removal_orders',
      about: 'person_id = $2 or $2 = any(owners)',
      at: 'opened_at',
      hidden: ['rules'],
    },
    { title: 'Groups you run', table: 'moderators', about: 'person_id = $2' },
    {
      title: 'What is on record of you as somebody who runs a group',
      table: 'moderator_prerequisites',
      about: 'person_id = $2',
    },
    { title: 'Lists of participants you were seen on', table: 'rosters', about: '$2 = any(seen)', at: 'taken_at' },
    {
      title: 'Participants nobody could name at first who turned out to be you',
      table: 'roster_discrepancies',
      about: 'person_id = $2',
      at: 'found_at',
    },
    { title: 'What you did when a group was closed', table: 'closing_steps', about: 'attested_by = $2' },
    {
      title: 'What you said of disappearing messages in a group',
      table: 'disappearing_messages',
      about: 'attested_by = $2',
    },
    { title: 'The group', table: 'groups', inGroup: 'group_id = $2' },
  ],
};
