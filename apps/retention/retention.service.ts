import { Module } from '@nestjs/common';
import { erasureSlice, knownGroupsSlice, policySlice, service } from '#nest';
import { approvals } from './approvals/approvals.slice.js';
import { breaches } from './breaches/breaches.slice.js';
import { devices } from './devices/devices.slice.js';
import { deletionTasks } from './deletion-tasks/deletion-tasks.slice.js';
import { changes } from './changes/changes.slice.js';
import { holds } from './holds/holds.slice.js';
import { holdings } from './holdings/holdings.slice.js';
import { certificates } from './certificates/certificates.slice.js';
import { schedules } from './schedules/schedules.slice.js';
import { packages } from './packages/packages.slice.js';
import { requests } from './requests/requests.slice.js';
import { incidents } from './incidents/incidents.slice.js';
import { items } from './items/items.slice.js';
import { reviews } from './reviews/reviews.slice.js';
import { records } from './records/records.slice.js';
import { conversations } from './conversations/conversations.slice.js';
import { captures } from './captures/captures.slice.js';
import { keptMessages } from './kept-messages/kept-messages.slice.js';

@Module({})
class RetentionModule {}

/** How long things are kept, what keeps them longer, who has to delete them, and their word that they did. */
export const retention = service('retention', RetentionModule, [
  policySlice('retention'),
  knownGroupsSlice('retention'),
  items,
  schedules,
  certificates,
  deletionTasks,
  holds,
  changes,
  requests,
  packages,
  records,
  captures,
  keptMessages,
  conversations,
  approvals,
  holdings,
  breaches,
  devices,
  reviews,
  incidents,
  erasureSlice('retention'),
]);
