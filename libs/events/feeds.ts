import { Type } from 'typebox';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { Category, Instant, LinkKind, oneOf } from './terms.js';

/** How a source names a person. The value is personal: it is resolved at the door and goes to the vault, never into an event of ours. */
export const Subject = Type.Object(
  { kind: LinkKind, value: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
);

/**
 * What HR and CRM systems may tell us, over HTTP or on the topic `rollcall.feeds`. CloudEvents `time` is the source's own time
 * of the statement: of two statements about one thing the later counts, whatever order they arrive in.
 */
export const feedEvents = declareEvents('feeds', {
  LeaverReported: event('Somebody stops being staff, a member, a volunteer … at an instant, past or future', {
    subject: Subject,
    category: Category,
    leavesAt: Instant,
  }),
  LeaverRescinded: event('The leaver report of this person and category no longer holds', {
    subject: Subject,
    category: Category,
  }),
  StatusReported: event('The person has this status in this category from this instant on', {
    subject: Subject,
    category: Category,
    status: oneOf('active', 'ended'),
    from: Instant,
  }),
  DateOfBirthReported: event('The date of birth as the source has it now', {
    subject: Subject,
    dateOfBirth: Type.String({ format: 'date' }),
  }),
  ActivityEndReported: event('A campaign, project or role has ended', {
    activityId: Type.String({ format: 'uuid' }),
    endedAt: Instant,
  }),
});
export type FeedPayloads = PayloadsOf<typeof feedEvents>;
