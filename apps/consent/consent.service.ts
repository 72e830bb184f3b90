import { Module } from '@nestjs/common';
import { erasureSlice, knownGroupsSlice, policySlice, service } from '#nest';
import { acknowledgements } from './acknowledgements/acknowledgements.slice.js';
import { agreements } from './agreements/agreements.slice.js';
import { alternativeChannels } from './alternative-channels/alternative-channels.slice.js';
import { announcements } from './announcements/announcements.slice.js';
import { consents } from './consents/consents.slice.js';
import { endings } from './endings/endings.slice.js';
import { holdings } from './holdings/holdings.slice.js';
import { followUps } from './follow-ups/follow-ups.slice.js';
import { identification } from './identification/identification.slice.js';
import { invitationPage } from './invitation-page/invitation-page.slice.js';
import { invitations } from './invitations/invitations.slice.js';
import { messages } from './messages/messages.slice.js';
import { objections } from './objections/objections.slice.js';
import { receipts } from './receipts/receipts.slice.js';
import { texts } from './texts/texts.slice.js';

@Module({})
class ConsentModule {}

/** What a person was told and agreed to, how they took it back, and how they are reached when they are not in the group. */
export const consent = service('consent', ConsentModule, [
  policySlice('consent'),
  knownGroupsSlice('consent'),
  erasureSlice('consent'),
  consents,
  endings,
  alternativeChannels,
  receipts,
  texts,
  agreements,
  acknowledgements,
  invitations,
  identification,
  invitationPage,
  messages,
  announcements,
  objections,
  followUps,
  holdings,
]);
