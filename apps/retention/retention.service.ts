import { Module } from '@nestjs/common';
import { knownGroupsSlice, policySlice, service } from '#nest';
import { deletionTasks } from './deletion-tasks/deletion-tasks.slice.js';
import { items } from './items/items.slice.js';

@Module({})
class RetentionModule {}

/** How long things are kept, who has to delete them, and their word that they did. */
export const retention = service(
  'retention',
  RetentionModule,
  ['retention-items', 'deletion-tasks'],
  [policySlice('retention'), knownGroupsSlice('retention'), items, deletionTasks],
);
