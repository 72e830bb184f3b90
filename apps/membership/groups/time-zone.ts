import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { DEFAULT_TIME_ZONE } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';

export const TIME_ZONES = 'membership.time-zones';

export const timeZoneTable = tenantTable(
  'time_zone',
  'organisation_id uuid not null, zone text not null',
  'organisation_id',
);

/** Learns the zone in which an organisation's days begin and end. */
@Controller()
export class TimeZoneProcessor {
  @EventPattern<string>(typeOf('gateway', 'OrganisationRegistered'), processorId(TIME_ZONES))
  async registered(
    @Payload() { data }: RecordedEvent<'OrganisationRegistered', GatewayPayloads['OrganisationRegistered']>,
    @Ctx() { tx }: Handling,
  ) {
    const row = { organisationId: data.organisationId, zone: data.timeZone };
    await writeRows(tx, 'time_zone', ['organisationId'], [{ upsert: row }]);
  }
}

/** The organisation's IANA zone, for limits in days and for ages; the one of the guidance until it is known. */
export async function timeZone(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ zone: string }>('select zone from time_zone where tenant_id = $1', [tx.tenantId]);
  return row?.zone ?? DEFAULT_TIME_ZONE;
}
