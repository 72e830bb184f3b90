import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';
import { period } from '../records/records.dto.js';

const dateOrder = Type.Enum(['day_first', 'month_first', 'year_first']);
const count = Type.Integer({ minimum: 0 });

export const UploadQuery = Type.Object(
  {
    groupId: uuid,
    captureId: Type.Optional(uuid),
    dateOrder: Type.Optional(dateOrder),
    timeZone: Type.Optional(
      Type.String({ maxLength: 80, description: 'IANA zone the phone was in; the organisation’s unless said' }),
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 20,
        description: 'Seconds to wait for the end of reading before the answer',
      }),
    ),
  },
  closed,
);
export const CapturesQuery = Type.Object({ ...PageQuery }, closed);
export const PreviewQuery = Type.Object(
  {
    cursor: PageQuery.cursor,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Lines a page, 50 unless said.' })),
  },
  closed,
);

export const CaptureView = Type.Object({
  captureId: uuid,
  groupId: uuid,
  state: Type.Enum(['reading', 'ready', 'failed', 'done', 'expired']),
  receivedAt: instant,
  expiresAt: instant,
  progress: Type.Object({ read: count, total: count }, { description: 'Bytes of what was handed in' }),
  reason: orNull(Type.String()),
  detail: orNull(Type.String({ description: 'The reason in words' })),
  messages: orNull(count),
  notices: orNull(count),
  attachments: orNull(count),
  backwards: orNull(Type.Integer({ description: 'Lines that are earlier than the one before them' })),
  dateOrder: orNull(dateOrder),
  dateOrderIs: orNull(Type.Enum(['stated', 'certain', 'guessed'])),
  timeZone: orNull(Type.String()),
  version: Type.Integer(),
});
export const CapturePage = pageOf(CaptureView);

const Attachment = Type.Object({
  name: orNull(Type.String()),
  kind: Type.String(),
  sha256: Type.Optional(Type.String()),
  size: Type.Optional(count),
});
export const PreviewPage = pageOf(
  Type.Object({
    index: count,
    at: instant,
    sender: orNull(Type.String()),
    text: Type.String(),
    kind: Type.Enum(['message', 'join', 'leave', 'removal', 'system']),
    people: Type.Array(Type.String()),
    attachments: Type.Array(Attachment),
    isBackwards: Type.Boolean(),
    nth: count,
  }),
);
export const Senders = Type.Object({
  items: Type.Array(Type.Object({ label: Type.String(), messages: count })),
  people: Type.Array(Type.String(), { description: 'Whom notices of the app are about' }),
});

export const MOST_KEPT = 2_000;
export const Keep = Type.Object(
  {
    indexes: Type.Optional(Type.Array(count, { maxItems: MOST_KEPT })),
    ranges: Type.Optional(
      Type.Array(Type.Object({ from: count, to: count }, closed), {
        maxItems: 1_000,
        description: 'From one index to another, both among them',
      }),
    ),
    recordClass: Type.Optional(term('A class of your retention schedule, such as message')),
    period: Type.Optional(period),
    startsAt: Type.Optional(
      Type.Enum(['sent', 'captured'], { description: 'What their time runs from: the sending unless said' }),
    ),
    ownerId: Type.Optional(
      Type.String({ format: 'uuid', description: 'The person who has to delete them in the end' }),
    ),
    senders: Type.Optional(
      Type.Array(Type.Object({ label: Type.String({ minLength: 1, maxLength: 500 }), personId: uuid }, closed), {
        maxItems: 2_000,
        description: 'Who is who, by the names in the chat',
      }),
    ),
    finish: Type.Optional(
      Type.Boolean({ description: 'Whether the rest is deleted now; true unless said, false to choose more' }),
    ),
  },
  closed,
);
export const KeepAnswer = Type.Object({
  captureId: uuid,
  kept: Type.Array(uuid, { description: 'The items of what is kept now' }),
  alreadyKept: Type.Array(uuid, { description: 'The items of what was kept before, by this export or another' }),
  evidence: Type.Integer({ description: 'Lines about who came or went that are on record now' }),
  ...Recorded,
});
export const DiscardAnswer = Type.Object({ captureId: uuid, ...Recorded });
