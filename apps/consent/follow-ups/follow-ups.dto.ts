import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';

const some = Type.Optional;
const state = Type.Enum(['open', 'overdue', 'confirmed']);
const trigger = Type.String({
  pattern: '^[a-z][a-z_]{0,59}$',
  description:
    'What was noticed, by the policy’s own word: `work_information`, `exchange_grows`, `emergency_alert`, `contact`.',
});

export const NoteTrigger = Type.Object(
  {
    noteId: some(uuid),
    groupId: uuid,
    trigger,
    personIds: some(
      Type.Array(uuid, {
        minItems: 1,
        maxItems: 500,
        uniqueItems: true,
        description:
          'Whom it has to reach, one by one: members to be called after an alert. One for the group where left out.',
      }),
    ),
    occurredAt: OccurredAt,
  },
  closed,
);
export const Noted = Type.Object({
  noteId: uuid,
  followUps: Type.Array(Type.Object({ followUpId: uuid, personId: orNull(uuid) })),
  events: Recorded.events,
});
export const ConfirmFollowUp = Type.Object(
  {
    channel: Type.Enum(['email', 'phone', 'meeting', 'case_system', 'chat']),
    confirmedBy: some(uuid),
    reference: some(term('Where it can be found, such as the number of a mail or a case; no free text, no name')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const FollowUpRecorded = Type.Object({ followUpId: uuid, ...Recorded });
export const FollowUpsQuery = Type.Object(
  {
    ...PageQuery,
    groupId: some(uuid),
    personId: some(uuid),
    trigger: some(Type.String({ pattern: '^[a-z][a-z_]{0,59}$' })),
    state: some(state),
  },
  closed,
);
export const FollowUpPage = pageOf(
  Type.Object({
    followUpId: uuid,
    groupId: uuid,
    trigger: Type.String(),
    channels: Type.Array(Type.String()),
    personId: orNull(uuid),
    mailbox: orNull(Type.String({ description: 'Which of the organisation’s mailboxes has to be told.' })),
    isOwnWord: Type.Boolean({ description: 'It is done when the person says so, and by nobody else’s word.' }),
    since: instant,
    dueAt: orNull(instant),
    state,
    confirmedAt: orNull(instant),
    channel: orNull(Type.String()),
    confirmedBy: orNull(uuid),
    reference: orNull(Type.String()),
    lateBySeconds: orNull(Type.Integer()),
  }),
);
