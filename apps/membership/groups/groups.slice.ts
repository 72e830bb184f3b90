import { group } from '#domain';
import type { Slice } from '#nest';
import { GroupsController } from './groups.controller.js';
import { groupProjections, groupTables } from './groups.read-model.js';
import { TIME_ZONES, TimeZoneProcessor, timeZoneTable } from './time-zone.js';

export const groups: Slice = {
  controllers: [GroupsController, TimeZoneProcessor],
  processors: [{ name: TIME_ZONES, topics: ['rollcall.gateway'] }],
  deciders: [group],
  projections: groupProjections,
  tables: [...groupTables, timeZoneTable],
};
