import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const system = term('A system of record, such as liquidlogic; no free text');
const recordClass = term('A class of your retention schedule, such as case_record');
const state = Type.Enum(['owed', 'overdue', 'captured']);
const words = (description: string) => Type.String({ minLength: 1, maxLength: 1000, description });

/** ISO 8601, as everywhere: whole units, more than nothing. */
export const period = Type.String({
  pattern:
    '^P(?=.*[1-9])(?=[0-9]|T[0-9])([0-9]{1,2}Y)?([0-9]{1,3}M)?([0-9]{1,3}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,4}H)?([0-9]{1,4}M)?)?$',
  description: 'ISO 8601 duration, such as P7Y; the policy’s retention_period unless said',
});

export const NoteMessage = Type.Object(
  {
    recordId: Type.Optional(uuid),
    groupId: uuid,
    reference: words('Where the message is found, in your words; kept in the vault'),
    personId: Type.Optional(Type.String({ format: 'uuid', description: 'The person who sent it, where known' })),
    sentAt: Type.String({ format: 'date-time', description: 'When it was sent; not in the future' }),
    topic: Type.Optional(term('What it is about, where your policy’s content_rules name the matter')),
  },
  closed,
);
export const Capture = Type.Object(
  {
    system,
    reference: words('Its reference there; kept in the vault'),
    recordClass,
    period: Type.Optional(period),
    ownerId: Type.String({
      format: 'uuid',
      description: 'The person who has to delete the record when its time is over',
    }),
    occurredAt: OccurredAt,
  },
  closed,
);
export const RecordsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), groupId: Type.Optional(uuid) },
  closed,
);

export const Noted = Type.Object({
  recordId: uuid,
  dueAt: instant,
  belongsIn: orNull(Type.String({ description: 'Where such matters are dealt with instead of a chat' })),
  ...Recorded,
});
export const Captured = Type.Object({ recordId: uuid, itemId: uuid, retainUntil: orNull(instant), ...Recorded });
const row = {
  recordId: uuid,
  groupId: uuid,
  personId: orNull(uuid),
  sentAt: instant,
  dueAt: instant,
  state,
  topic: orNull(Type.String()),
  system: orNull(Type.String()),
  recordClass: orNull(Type.String()),
  itemId: orNull(uuid),
  capturedAt: orNull(instant),
  lateBySeconds: orNull(Type.Integer()),
  version: Type.Integer(),
};
export const RecordPage = pageOf(Type.Object(row));
export const RecordView = Type.Object({ ...row, reference: Reference, caseReference: Reference });

export const System = Type.Object({ system }, closed);
export const SystemChanged = Type.Object({ system: Type.String(), ...Recorded });
export const Systems = Type.Object({ items: Type.Array(Type.Object({ system: Type.String(), approvedAt: instant })) });
