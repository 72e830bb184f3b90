import { Type } from 'typebox';
import { event } from './language.js';
import { Commitment, Id, Instant, oneOf, Term } from './terms.js';

const record = { recordId: Id, groupId: Id };
const capture = { captureId: Id, groupId: Id };
const Count = Type.Integer({ minimum: 0 });

/** Business messages that belong into a system of record, and chats that were handed in; what they say is in the vault, or nowhere. */
export const recordEvents = {
  RecordSystemApproved: event('Business messages may be recorded in this system', { system: Term }),
  RecordSystemWithdrawn: event('Business messages may be recorded in this system no longer', { system: Term }),
  BusinessRecordDue: event('A business message is in the chat and owed to a system of record by an instant', {
    ...record,
    personId: Type.Optional(Id),
    sentAt: Instant,
    dueAt: Instant,
    alreadyOverdue: Type.Boolean(),
  }),
  BusinessRecordOverdue: event('The time passed and no system of record has the message', {
    ...record,
    dueAt: Instant,
  }),
  BusinessRecordCaptured: event('An approved system has the message under a reference, which is in the vault', {
    ...record,
    itemId: Id,
    recordClass: Term,
    system: Term,
    lateBySeconds: Count,
  }),
  ImproperUseNoted: event(
    'The message is about a matter that does not belong in the chat; where it belongs, is named',
    {
      ...record,
      topic: Term,
      redirect: Type.Optional(Term),
    },
  ),
  // what was in a chat
  ChatExportReceived: event('Somebody handed in what a phone had exported of a chat; it is being read', {
    ...capture,
    bytes: Count,
    expiresAt: Instant,
  }),
  ChatExportRead: event('The export can be looked through until it is deleted; nothing of it is kept yet', {
    ...capture,
    messages: Count,
    notices: Count,
    attachments: Count,
    backwards: Count,
    dateOrder: oneOf('day_first', 'month_first', 'year_first'),
    dateOrderIs: oneOf('stated', 'certain', 'guessed'),
    timeZone: Term,
  }),
  ChatExportRejected: event('The export could not be read, and nothing of it is there any more', {
    ...capture,
    reason: Term,
  }),
  ChatExportDiscarded: event('What was not chosen of the export is gone', {
    ...capture,
    because: oneOf('done', 'expired'),
  }),
  ChatMessageKept: event('A message of a chat is a record from now on; what it says is in the vault', {
    ...capture,
    itemId: Id,
    commitment: Commitment,
    sentAt: Instant,
    personId: Type.Optional(Id),
    attachments: Count,
  }),
  PersonalDataRead: event('Somebody was shown personal data', { keyId: Id, subjectId: Id, fields: Type.Array(Term) }),
  RosterEvidenceFound: event('A line of the chat says that the person came in, left or was taken out', {
    ...capture,
    personId: Id,
    evidence: oneOf('joined', 'left', 'removed'),
    /** Whether the chat says nothing later of the person. */
    isLatest: Type.Boolean(),
  }),
};
