import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { DEFAULT_TIME_ZONE, type ResolvedPolicy } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent, type Service } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import type { Slice } from './compose.js';

/**
 * Which policy is in force for each group type of an organisation, and on whose calendar its limits are counted, as this service last heard of it. Every service that decides by
 * policy keeps its own copy, fed by ProfileActivated alone, so a decision never waits for another service.
 */
export function policySlice(service: Service): Slice {
  const name = `${service}.policies`;

  @Controller()
  class PolicyProcessor {
    @EventPattern<string>(typeOf('gateway', 'ProfileActivated'), processorId(name))
    async activated(
      @Payload() { data }: RecordedEvent<'ProfileActivated', GatewayPayloads['ProfileActivated']>,
      @Ctx() { tx }: Handling,
    ) {
      const rows = Object.entries(data.groupTypes).map(([groupType, policy]) => ({
        upsert: { groupType, activation: data.activation, policy },
      }));
      await writeRows(tx, 'active_policies', ['groupType'], rows);
    }

    @EventPattern<string>(typeOf('gateway', 'OrganisationRegistered'), processorId(name))
    async registered(
      @Payload() { data }: RecordedEvent<'OrganisationRegistered', GatewayPayloads['OrganisationRegistered']>,
      @Ctx() { tx }: Handling,
    ) {
      await writeRows(tx, 'organisation_zone', ['organisationId'], [{ upsert: data }]);
    }
  }
  return {
    controllers: [PolicyProcessor],
    processors: [{ name, topics: ['rollcall.gateway'] }],
    tables: [
      tenantTable('organisation_zone', 'organisation_id uuid not null, time_zone text not null', 'organisation_id'),
      tenantTable(
        'active_policies',
        'group_type text not null, activation integer not null, policy json not null',
        'group_type',
      ),
    ],
  };
}

/** The policy in force for a group type; undefined when no profile that has it is active. */
export async function activePolicy(tx: Transaction, groupType: string): Promise<ResolvedPolicy | undefined> {
  const [row] = await tx.query<{ policy: ResolvedPolicy }>(
    'select policy from active_policies where tenant_id = $1 and group_type = $2',
    [tx.tenantId, groupType],
  );
  return row?.policy;
}

/** Every policy in force, by group type. */
export async function activePolicies(tx: Transaction): Promise<Map<string, ResolvedPolicy>> {
  const rows = await tx.query<{ group_type: string; policy: ResolvedPolicy }>(
    'select group_type, policy from active_policies where tenant_id = $1',
    [tx.tenantId],
  );
  return new Map(rows.map((row) => [row.group_type, row.policy]));
}

/** The organisation's IANA time zone, in which its days, months and years are counted; the default until it is known. */
export async function timeZone(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ time_zone: string }>('select time_zone from organisation_zone where tenant_id = $1', [
    tx.tenantId,
  ]);
  return row?.time_zone ?? DEFAULT_TIME_ZONE;
}
