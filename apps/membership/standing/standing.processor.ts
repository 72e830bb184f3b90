import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { groupStanding, ruleOf, standingLost } from '#domain';
import { type MembershipPayloads, type RecordedEvent, typeOf } from '#events';
import { activePolicies, ServiceKit } from '#nest';
import { findGroups, groupsRunBy } from '../groups/groups.read-model.js';
import { staffAmong } from '../moderation/moderation.js';
import { findStandings } from './standing.read-model.js';

export const STANDING = 'membership.standing';
const standing = processorId(STANDING);
type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;

/** Ends the standing of official groups that cannot be official any more, at the time of the fact it rests on (AMZ-079). */
@Controller()
export class StandingProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), standing)
  async registered(@Payload() event: Heard<'GroupRegistered'>, @Ctx() handling: Handling) {
    await this.look(event, handling, [event.data.groupId]);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorStoodDown'), standing)
  async stoodDown(@Payload() event: Heard<'ModeratorStoodDown'>, @Ctx() handling: Handling) {
    await this.look(event, handling, [event.data.groupId]);
  }

  @EventPattern<string>(typeOf('membership', 'LeaverDetected'), standing)
  async left(@Payload() event: Heard<'LeaverDetected'>, @Ctx() handling: Handling) {
    if (event.data.category !== 'staff') return;
    const run = await groupsRunBy(handling.tx, [event.data.personId]);
    await this.look(
      event,
      handling,
      run.map(({ groupId }) => groupId),
    );
  }

  private async look(event: RecordedEvent, { tx }: Handling, groupIds: readonly string[]): Promise<void> {
    if (groupIds.length === 0) return;
    const policies = await activePolicies(tx);
    const groups = await findGroups(tx, [...groupIds]);
    const runBy = [...groups.values()].flatMap(({ moderators }) => moderators.map(({ personId }) => personId));
    const staff = await staffAmong(this.kit, tx, [...new Set(runBy)]);
    const requests = [];
    for (const { groupId, standing: before } of await findStandings(tx, groupIds)) {
      const group = groups.get(groupId);
      const policy = group && policies.get(group.groupType);
      if (!policy || group.closedAt) continue;
      const hasStaff = group.moderators.some(({ personId }) => staff.has(personId));
      const lost = standingLost({ standing: before, hasStaff, policy });
      if (!lost) continue;
      const data = { groupId, before, ...lost, rules: [ruleOf(policy, 'name_rule')] };
      requests.push({ id: groupId, command: { name: 'Follow' as const, data }, occurredAt: event.occurredAt });
    }
    const actor = { kind: 'system', id: STANDING } as const;
    const cause = { actor, correlationId: event.correlationId, causationId: event.id };
    if (requests.length > 0) await this.kit.commands.execute(tx, groupStanding, cause, requests);
  }
}
