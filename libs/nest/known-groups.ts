import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import type { ResolvedPolicy } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent, type Service } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import { activePolicy } from './active-policy.js';
import type { Slice } from './compose.js';
import { HttpProblem, type Problem, problem } from './problem.js';

/** The groups a service has heard of, each with its type, for services that decide by a group's policy but do not keep groups. */
export function knownGroupsSlice(service: Service): Slice {
  const name = `${service}.groups`;

  @Controller()
  class GroupsProcessor {
    @EventPattern<string>(typeOf('membership', 'GroupRegistered'), processorId(name))
    async registered(
      @Payload() { data }: RecordedEvent<'GroupRegistered', MembershipPayloads['GroupRegistered']>,
      @Ctx() { tx }: Handling,
    ) {
      const { groupId, groupType } = data;
      await writeRows(tx, 'known_groups', ['groupId'], [{ upsert: { groupId, groupType } }]);
    }
  }
  return {
    controllers: [GroupsProcessor],
    processors: [{ name, topics: ['rollcall.membership'] }],
    tables: [tenantTable('known_groups', 'group_id uuid not null, group_type text not null', 'group_id')],
  };
}

/** The type of a group; undefined for one this service has not heard of, which may be another organisation's. */
async function findGroupType(tx: Transaction, groupId: string): Promise<string | undefined> {
  const [row] = await tx.query<{ group_type: string }>(
    'select group_type from known_groups where tenant_id = $1 and group_id = $2',
    [tx.tenantId, groupId],
  );
  return row?.group_type;
}

/** The policy in force for a group; undefined where this service knows no such group, or no profile is active for its type. */
export async function findPolicy(tx: Transaction, groupId: string): Promise<ResolvedPolicy | undefined> {
  const groupType = await findGroupType(tx, groupId);
  return groupType === undefined ? undefined : activePolicy(tx, groupType);
}

/** The type of a group. Throws the 409 for one that is not known, or not known yet: news of it travels as an event. */
export async function requireGroup(tx: Transaction, groupId: string): Promise<string> {
  const groupType = await findGroupType(tx, groupId);
  if (groupType === undefined)
    throw notYet(
      'GroupUnknown',
      'No group of this id is registered. If you have just registered it, try again in a moment.',
    );
  return groupType;
}

/** The policy in force for a group. Throws the 409 where the group or the policy is not known, or not known yet. */
export async function requirePolicy(tx: Transaction, groupId: string): Promise<ResolvedPolicy> {
  const policy = await activePolicy(tx, await requireGroup(tx, groupId));
  if (!policy)
    throw notYet(
      'NoPolicyInForce',
      'No profile is active for the type of this group. If you have just activated one, try again in a moment.',
    );
  return policy;
}

/** The 409 for what is not known, or not known yet; news of it travels as an event, so it says when to try again. */
export function notYet(code: string, detail: string, extra: Partial<Problem> = {}): HttpProblem {
  return new HttpProblem(problem(409, code, detail, extra), { 'retry-after': '2' });
}
