import { device } from '#domain';
import type { Slice } from '#nest';
import { DevicesController } from './devices.controller.js';
import { devicesProjection, devicesTable, deviceTasksProjection, deviceTasksTable } from './devices.read-model.js';

/** What people have the groups on, and what follows when it is lost. Its words go with an erased owner (`holdings`). */
export const devices: Slice = {
  controllers: [DevicesController],
  deciders: [device],
  projections: [devicesProjection, deviceTasksProjection],
  tables: [devicesTable, deviceTasksTable],
};
