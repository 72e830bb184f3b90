import type { Outcome } from '#eventsourcing';

/** What a command's answer says of what was recorded: the stream's version, and each new event by id and name. */
export function recordedIn({ version, events }: Outcome) {
  return { version, events: events.map(({ id, name, streamId }) => ({ eventId: id, name, streamId })) };
}
