import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid, term } from '#nest';

const some = Type.Optional;
const word = term('A word of your own for whom it is meant; no free text, no name');
const channel = Type.Enum(['personal_invite', 'emailed_link', 'qr', 'staff_issued_link']);
const reason = Type.Enum(['leaked', 'left', 'superseded']);
const reference = Type.Enum(['crmId', 'hrId', 'studentRef'], {
  description: 'Which of your references people state on the page; crmId unless said.',
});
const whatsappLink = Type.String({
  pattern: '^https://chat\\.whatsapp\\.com/[A-Za-z0-9/_-]{8,60}$',
  description:
    'The app’s own link into the group. Shown to a person when they have agreed and may join; needed once for each group.',
});
const mailed = Type.Boolean({
  description:
    'For one person by `emailed_link` or `personal_invite`: the link is mailed to them, unless false. Without a mail server it waits among the messages.',
});
const maxUses = Type.Integer({ minimum: 1, maximum: 1000 });

export const IssueInvitation = Type.Object(
  {
    inviteId: some(uuid),
    groupId: uuid,
    personId: some(uuid),
    audience: some(word),
    channel,
    issuedBy: some(
      Type.Object(
        { personId: some(uuid), role: some(Type.Enum(['group_admin', 'committee', 'staff'])) },
        { ...closed, description: 'Who answers for it, and as what; the key that asks, as group_admin, unless said.' },
      ),
    ),
    expiresAt: instant,
    maxUses: some(maxUses),
    reference: some(reference),
    whatsappLink: some(whatsappLink),
    mailed: some(mailed),
  },
  closed,
);
export const RevokeInvitation = Type.Object({ reason, occurredAt: OccurredAt }, closed);
export const ReissueInvitation = Type.Object(
  {
    reason,
    inviteId: some(uuid),
    expiresAt: some(instant),
    maxUses: some(maxUses),
    whatsappLink: some(whatsappLink),
    mailed: some(mailed),
  },
  closed,
);
export const InvitationsQuery = Type.Object(
  {
    ...PageQuery,
    groupId: some(uuid),
    personId: some(uuid),
    state: some(Type.Enum(['open', 'revoked'])),
    reissueDue: some(Type.Boolean()),
  },
  closed,
);

export const InvitationRecorded = Type.Object({ inviteId: uuid, ...Recorded });
export const InvitationGiven = Type.Object({
  inviteId: uuid,
  link: Type.String({
    format: 'uri',
    description: 'The secret link, in this answer and in no other; in a mail to its person where it is mailed.',
  }),
  qr: Type.Object(
    { svg: Type.String(), png: Type.String({ contentEncoding: 'base64' }) },
    { description: 'The link as a QR code: an SVG document, and a PNG in base64.' },
  ),
  ...Recorded,
});
export const InvitationView = Type.Object({
  inviteId: uuid,
  groupId: uuid,
  personId: orNull(uuid),
  audience: orNull(Type.String()),
  channel,
  issuerId: uuid,
  issuerRole: Type.String(),
  issuedAt: instant,
  expiresAt: instant,
  maxUses: Type.Integer(),
  uses: Type.Integer(),
  reference,
  state: Type.Enum(['open', 'revoked']),
  revokedBecause: orNull(Type.Enum(['leaked', 'left', 'superseded', 'erased', 'group_closed'])),
  reissueDue: orNull(Type.Enum(['member_left', 'conduct_removal'])),
  replaces: orNull(uuid),
  reissuedAs: orNull(uuid),
});
export const InvitationPage = pageOf(InvitationView);
