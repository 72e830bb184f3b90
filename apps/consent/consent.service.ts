import { Module } from '@nestjs/common';
import { knownGroupsSlice, policySlice, service } from '#nest';
import { alternativeChannels } from './alternative-channels/alternative-channels.slice.js';
import { consents } from './consents/consents.slice.js';

@Module({})
class ConsentModule {}

/** What a person was told and agreed to, how they took it back, and how they are reached when they are not in the group. */
export const consent = service(
  'consent',
  ConsentModule,
  ['consents', 'alternative-channels'],
  [policySlice('consent'), knownGroupsSlice('consent'), consents, alternativeChannels],
);
