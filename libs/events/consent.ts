import { Type } from 'typebox';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { operations } from './operations.js';
import { Id, oneOf, Term } from './terms.js';

const about = { personId: Id, groupId: Id };
const Method = oneOf('verbal', 'written', 'link_opt_in', 'join_after_notice');

/** Consent: what a person was told and agreed to, and how they took it back. */
export const consentEvents = declareEvents('consent', {
  ...operations,
  NoticePresented: event('The person was shown a version of the notice with these items', {
    ...about,
    noticeVersion: Term,
    items: Type.Array(Term),
  }),
  ConsentGiven: event('The person agreed, on a notice version, for a purpose', {
    ...about,
    scope: Type.Array(Term, { minItems: 1 }),
    purpose: Term,
    method: Method,
    noticeVersion: Term,
    recordedBy: Id,
  }),
  ConsentRecordingRefused: event('A consent did not count; the rules that said so are named', {
    ...about,
    noticeVersion: Term,
    method: Method,
    reasons: Type.Array(oneOf('NoticeNotPresented', 'NoticeIncomplete', 'MethodNotAllowed', 'ConsentOutdated'), {
      minItems: 1,
    }),
  }),
  ConsentRefused: event('The person does not want to be in the group', about),
  ConsentWithdrawn: event('The consent no longer holds', { ...about, reason: oneOf('asked', 'removed', 'left') }),
  AlternativeChannelNeeded: event('The person must still be reached, by another way than the group', {
    ...about,
    because: oneOf('refused', 'removed', 'withdrawn'),
  }),
  AlternativeChannelRecorded: event('How the person is reached instead', {
    ...about,
    channel: oneOf('email', 'phone', 'sms', 'post', 'meeting'),
  }),
});
export type ConsentPayloads = PayloadsOf<typeof consentEvents>;
