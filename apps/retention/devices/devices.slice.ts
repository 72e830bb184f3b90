import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { device } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { ServiceKit, type Slice } from '#nest';
import { DevicesController } from './devices.controller.js';
import {
  devicesOf,
  devicesProjection,
  devicesTable,
  deviceTasksProjection,
  deviceTasksTable,
} from './devices.read-model.js';

const NAME = 'retention.device-erasures';

/** What tells an erased person's devices apart goes with them: a number names whoever has it (AMZ-113). */
@Controller()
class DeviceErasures {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('retention', 'ErasureOrdered'), processorId(NAME))
  async ordered(
    @Payload() { data }: RecordedEvent<'ErasureOrdered', RetentionPayloads['ErasureOrdered']>,
    @Ctx() { tx }: Handling,
  ) {
    for (const deviceId of await devicesOf(tx, data.personId)) await this.kit.vault.erase(tx, deviceId);
  }
}

/** What people have the groups on, and what follows when it is lost. */
export const devices: Slice = {
  controllers: [DevicesController, DeviceErasures],
  processors: [{ name: NAME, topics: ['rollcall.retention'] }],
  deciders: [device],
  projections: [devicesProjection, deviceTasksProjection],
  tables: [devicesTable, deviceTasksTable],
};
