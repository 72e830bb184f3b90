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
  return (await inForce(tx, [groupType])).get(groupType);
}

/** Every policy in force, by group type. */
export function activePolicies(tx: Transaction): Promise<Map<string, ResolvedPolicy>> {
  return inForce(tx, null);
}

interface PolicyRow {
  readonly group_type: string;
  readonly activation: number;
  readonly policy: ResolvedPolicy;
}

/**
 * Policies that were read, by organisation, activation and group type: what one activation put in force never changes, and reading it again
 * costs more than everything else a decision reads.
 */
const read = new Map<string, ResolvedPolicy>();
const MOST_READ = 1_000;

async function inForce(tx: Transaction, groupTypes: readonly string[] | null): Promise<Map<string, ResolvedPolicy>> {
  const named = (columns: string, types: readonly string[] | null) =>
    tx.query<PolicyRow>(
      `select ${columns} from active_policies where tenant_id = $1 and ($2::text[] is null or group_type = any($2))`,
      [tx.tenantId, types],
    );
  const keyOf = (row: PolicyRow) => `${tx.tenantId} ${row.activation} ${row.group_type}`;
  const rows = await named('group_type, activation', groupTypes);
  const found = rows.flatMap((row): PolicyRow[] => {
    const policy = read.get(keyOf(row));
    return policy ? [{ ...row, policy }] : [];
  });
  if (found.length < rows.length) {
    // Anew, as another activation may have come in between.
    found.splice(0, found.length, ...(await named('group_type, activation, policy', groupTypes)));
    if (read.size > MOST_READ) read.clear();
    for (const row of found) read.set(keyOf(row), row.policy);
  }
  return new Map(found.map(({ group_type, policy }) => [group_type, policy]));
}

/** The organisation's IANA time zone, in which its days, months and years are counted; the default until it is known. */
export async function timeZone(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ time_zone: string }>('select time_zone from organisation_zone where tenant_id = $1', [
    tx.tenantId,
  ]);
  return row?.time_zone ?? DEFAULT_TIME_ZONE;
}
