import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 4000, description: `${description}; kept in the vault` });
const by = (description: string) => Type.String({ format: 'uuid', description });
const kind = Type.Enum(['exception', 'sign_off']);
const state = Type.Enum(['asked', 'given', 'declined', 'ended']);

export const AskException = Type.Object(
  {
    approvalId: Type.Optional(uuid),
    groupId: uuid,
    parameter: term('The parameter of the policy that is not to be kept'),
    askedBy: by('Who asks'),
    reason: Type.Optional(words('Why it cannot be kept')),
    risks: Type.Optional(words('What can go wrong, for whom, and what is done against it')),
    endsAt: Type.String({ format: 'date-time', description: 'Until when, at the latest' }),
  },
  closed,
);
export const AskSignOff = Type.Object(
  {
    approvalId: Type.Optional(uuid),
    groupId: uuid,
    topic: term('The matter, as the policy names it in content_rules'),
    askedBy: by('Who asks'),
    responsibleId: by('Who is responsible for such matters, and signs'),
    reason: Type.Optional(words('What is to be signed off')),
  },
  closed,
);
export const Approve = Type.Object({ givenBy: by('Who approves; not who asked'), occurredAt: OccurredAt }, closed);
export const Sign = Type.Object(
  {
    givenBy: by('Who signs: the person who is responsible'),
    reference: Type.Optional(words('Where the email is in which they did')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const Decline = Type.Object(
  { declinedBy: by('Who declines'), because: words('Why'), occurredAt: OccurredAt },
  closed,
);
export const ApprovalsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), kind: Type.Optional(kind), groupId: Type.Optional(uuid) },
  closed,
);
export const ApprovalChanged = Type.Object({ approvalId: uuid, ...Recorded });
const row = {
  approvalId: uuid,
  kind,
  groupId: uuid,
  subject: Type.String({ description: 'The parameter, or the topic' }),
  askedBy: uuid,
  responsibleId: orNull(uuid),
  askedAt: instant,
  endsAt: orNull(instant),
  state,
  decidedBy: orNull(uuid),
  decidedAt: orNull(instant),
  endedAt: orNull(instant),
};
export const ApprovalPage = pageOf(Type.Object(row));
export const Approval = Type.Object({
  ...row,
  reason: Reference,
  risks: Reference,
  reference: Reference,
  because: Reference,
});
