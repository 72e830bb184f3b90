import { Module } from '@nestjs/common';
import { erasureSlice, policySlice, service } from '#nest';
import { activities } from './activities/activities.slice.js';
import { feeds } from './feeds/feeds.slice.js';
import { guidance } from './guidance/guidance.slice.js';
import { disappearingMessages } from './disappearing/disappearing.slice.js';
import { closures } from './closure/closure.slice.js';
import { groups } from './groups/groups.slice.js';
import { holdings } from './holdings/holdings.slice.js';
import { members } from './members/members.slice.js';
import { moderation } from './moderation/moderation.slice.js';
import { participation } from './participation/participation.slice.js';
import { people } from './people/people.slice.js';
import { proposals } from './proposals/proposals.slice.js';
import { removals } from './removals/removals.slice.js';
import { standings } from './standing/standing.slice.js';
import { roster } from './roster/roster.slice.js';
import { rota } from './rota/rota.slice.js';

/** People, groups and who is in them. */
@Module({})
class MembershipModule {}

export const membership = service('membership', MembershipModule, [
  policySlice('membership'),
  erasureSlice('membership'),
  people,
  feeds,
  groups,
  moderation,
  closures,
  disappearingMessages,
  standings,
  activities,
  participation,
  members,
  proposals,
  removals,
  roster,
  rota,
  holdings,
  guidance,
]);
