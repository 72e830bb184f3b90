import { Type } from 'typebox';
import { followUpEvents } from './follow-ups.js';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { messageEvents } from './messages.js';
import { noticeEvents } from './notices.js';
import { operations } from './operations.js';
import { receiptEvents } from './receipts.js';
import { textEvents } from './texts.js';
import { Commitment, Id, Instant, oneOf, Term } from './terms.js';

const about = { personId: Id, groupId: Id };
const Method = oneOf('verbal', 'written', 'link_opt_in', 'join_after_notice');
const invite = { inviteId: Id, groupId: Id };
const InviteChannel = oneOf('personal_invite', 'emailed_link', 'qr', 'staff_issued_link');
const IssuerRole = oneOf('group_admin', 'committee', 'staff');

/** Consent: what a person was told and agreed to, and how they took it back. */
export const consentEvents = declareEvents('consent', {
  ...operations,
  ...textEvents,
  ...followUpEvents,
  ...messageEvents,
  ...receiptEvents,
  ...noticeEvents,
  NoticePresented: event('The person was shown a version of the notice with these items', {
    ...about,
    noticeVersion: Term,
    items: Type.Array(Term),
    agreementVersion: Type.Optional(Term),
  }),
  ConsentGiven: event('The person agreed, on a notice version, for a purpose', {
    ...about,
    scope: Type.Array(Term, { minItems: 1 }),
    purpose: Term,
    method: Method,
    noticeVersion: Term,
    recordedBy: Id,
    agreementVersion: Type.Optional(Term),
    expiresAt: Type.Optional(Instant),
    activityId: Type.Optional(Id),
  }),
  ConsentRecordingRefused: event('A consent did not count; the rules that said so are named', {
    ...about,
    noticeVersion: Term,
    method: Method,
    reasons: Type.Array(
      oneOf('NoticeNotPresented', 'NoticeIncomplete', 'MethodNotAllowed', 'ConsentOutdated', 'PurposeOver'),
      { minItems: 1 },
    ),
  }),
  ConsentRefused: event('The person does not want to be in the group', about),
  ConsentWithdrawn: event('The consent no longer holds', { ...about, reason: oneOf('asked', 'removed', 'left') }),
  ConsentExpired: event('What the consent was given for is over, or the end that was stated for it has come', {
    ...about,
    because: oneOf('stated_end', 'activity_ended', 'group_closed'),
    expiredAt: Instant,
  }),
  AlternativeChannelNeeded: event('The person must still be reached, by another way than the group', {
    ...about,
    because: oneOf('refused', 'removed', 'withdrawn'),
  }),
  AlternativeChannelRecorded: event('How the person is reached instead', {
    ...about,
    channel: oneOf('email', 'phone', 'sms', 'post', 'meeting'),
  }),
  AlternativeChannelEnded: event('The person was erased and is reached by no way any more', about),
  InviteIssued: event('A link that lets one person, or an audience, ask to join; only its fingerprint is kept', {
    ...invite,
    personId: Type.Optional(Id),
    audience: Type.Optional(Term),
    channel: InviteChannel,
    issuerId: Id,
    issuerRole: IssuerRole,
    tokenHash: Commitment,
    expiresAt: Instant,
    maxUses: Type.Integer({ minimum: 1, maximum: 1000 }),
    reference: oneOf('crmId', 'hrId', 'studentRef'),
    replaces: Type.Optional(Id),
  }),
  InviteIssuingRefused: event('An invitation was not issued; the rule that said so is named', {
    ...invite,
    channel: InviteChannel,
    issuerRole: IssuerRole,
    reason: oneOf('route_not_allowed', 'issuer_not_allowed'),
  }),
  InviteAccepted: event('A person agreed by this invitation; the how-manieth use it was', {
    ...invite,
    personId: Id,
    use: Type.Integer({ minimum: 1 }),
  }),
  InviteAcceptanceRefused: event('A person agreed by an invitation that lets nobody in any more, or not them', {
    ...invite,
    personId: Id,
    reason: oneOf('expired', 'revoked', 'used_up', 'other_person'),
  }),
  InviteRevoked: event('The link lets nobody in any more', {
    ...invite,
    reason: oneOf('leaked', 'left', 'superseded', 'erased', 'group_closed'),
  }),
  InviteReissueDue: event('Somebody who may know a shared link is out; it should be replaced', {
    ...invite,
    because: oneOf('member_left', 'conduct_removal'),
  }),
  InviteReissued: event('Another link took the place of this one', { ...invite, reissuedAs: Id }),
});
export type ConsentPayloads = PayloadsOf<typeof consentEvents>;
