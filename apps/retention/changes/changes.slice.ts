import { retentionNotice } from '#domain';
import type { Slice } from '#nest';
import { NoticesController } from './notices.controller.js';
import { noticesProjection, noticesTable } from './notices.read-model.js';
import { groupAdminsTable, OWNERS, OwnersProcessor } from './owners.processor.js';
import { PERIODS, PeriodsProcessor } from './periods.processor.js';
import { SCHEDULES, SchedulesProcessor } from './schedules.processor.js';

/** What happens to kept items when a policy names another time, or whoever had to delete them goes. */
export const changes: Slice = {
  controllers: [PeriodsProcessor, SchedulesProcessor, OwnersProcessor, NoticesController],
  processors: [
    { name: PERIODS, topics: ['rollcall.gateway'] },
    { name: SCHEDULES, topics: ['rollcall.retention'] },
    { name: OWNERS, topics: ['rollcall.membership'] },
  ],
  deciders: [retentionNotice],
  projections: [noticesProjection],
  tables: [noticesTable, groupAdminsTable],
};
