import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { DEFAULT_TIME_ZONE } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import type { Slice } from '#nest';

const PROCESSOR = 'retention.zone';

@Controller()
class ZoneProcessor {
  @EventPattern<string>(typeOf('gateway', 'OrganisationRegistered'), processorId(PROCESSOR))
  async registered(
    @Payload() { data }: RecordedEvent<'OrganisationRegistered', GatewayPayloads['OrganisationRegistered']>,
    @Ctx() { tx }: Handling,
  ) {
    await writeRows(tx, 'organisation_zone', ['organisationId'], [{ upsert: data }]);
  }
}

/** On whose calendar years and days are counted. */
export const zone: Slice = {
  controllers: [ZoneProcessor],
  processors: [{ name: PROCESSOR, topics: ['rollcall.gateway'] }],
  tables: [
    tenantTable('organisation_zone', 'organisation_id uuid not null, time_zone text not null', 'organisation_id'),
  ],
};

/** The organisation's time zone, an IANA name; the default until it is known. */
export async function zoneOf(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ time_zone: string }>('select time_zone from organisation_zone where tenant_id = $1', [
    tx.tenantId,
  ]);
  return row?.time_zone ?? DEFAULT_TIME_ZONE;
}
