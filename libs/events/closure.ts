import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf } from './terms.js';

/** What is done before a group closes: its members know, what must be kept is kept, the chat is archived, deleted or both. */
export const ClosingStep = oneOf('members_told', 'records_captured', 'chat_archived', 'chat_deleted');
/** What the closing of a group lacks. */
const Lacking = oneOf('members_told', 'records_captured', 'chat', 'open_orders');

/** When a group is no longer used, and how it comes to its end. */
export const closureEvents = {
  GroupUseNoted: event('The group was used last at an instant; unless it is used again it is dormant from another on', {
    groupId: Id,
    lastUsedAt: Instant,
    dormantAt: Instant,
  }),
  GroupIdleCheckDue: event('It is time to look whether the group has been used since', {
    groupId: Id,
    dormantAt: Instant,
  }),
  GroupDormant: event('Nothing has happened in the group for as long as its policy allows; it should be closed', {
    groupId: Id,
    lastUsedAt: Instant,
    dormantAt: Instant,
  }),
  ClosingStepAttested: event('Somebody says that a step of the closing is done', {
    groupId: Id,
    step: ClosingStep,
    attestedBy: Id,
  }),
  ClosingChecked: event('The group was closed; what its closing lacked is named', {
    groupId: Id,
    missing: Type.Array(Lacking),
  }),
};
