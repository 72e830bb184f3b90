import type { Slice } from '#nest';

/** What this service holds about people. The history itself is asked for as such: it names people in every part. */
export const holdings: Slice = {
  holdings: [
    {
      title: 'When you came into groups and when you went out',
      table: 'presence',
      about: 'person_id = $2',
      at: 'at',
      hidden: ['version', 'event_id'],
    },
  ],
};
