import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PAGES, processorId, type Handling } from '#bus';
import { group, ruleOf, type CommandOf, type GroupCommands, type GroupLack, type ResolvedPolicy } from '#domain';
import type { EventsOf, MembershipPayloads, RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { activePolicies, ServiceKit } from '#nest';
import { findGroups, groupsRunBy } from '../groups/groups.read-model.js';
import { moderationOf, staffAmong } from './moderation.js';

export const MODERATION = 'membership.moderation';

type Event = EventsOf<MembershipPayloads>;
/** A group to look at again, since when, and the event that is the reason. */
type Concern = { readonly groupId: string; readonly event: RecordedEvent };

const ofRoles: readonly string[] = [
  ...(['ModeratorAppointed', 'ModeratorActivated', 'ModeratorStoodDown'] as const),
] satisfies readonly Event['name'][];
const ofSize: readonly string[] = [
  ...(['MemberAdded', 'MemberFoundInGroup', 'MemberRemoved', 'MemberLeftByThemselves'] as const),
] satisfies readonly Event['name'][];
const ofGroups = ['GroupRegistered', ...ofRoles, ...ofSize];
const ofPeople: readonly string[] = [
  ...(['LeaverAnnounced', 'LeaverDetected', 'LeaverRescinded', 'EligibilityRestored', 'PersonStatusSynced'] as const),
] satisfies readonly Event['name'][];

/**
 * Records when a group stops and starts being run as its policy asks, and ends the role of a staff moderator who has left the staff,
 * both at the time of the fact they rest on (AMZ-032, AMZ-034, AMZ-054, BR-62).
 */
@Controller()
export class ModerationProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(PAGES, processorId(MODERATION))
  async page(@Payload() events: RecordedEvent[], @Ctx() { tx }: Handling) {
    const personal = events.filter(({ name }) => ofPeople.includes(name));
    const run = await groupsRunBy(tx, [...new Set(personal.map((event) => personOf(event)))]);
    await this.endRoles(tx, events, run);
    const concerns = [
      ...events.filter(({ name }) => ofGroups.includes(name)).map((event) => ({ groupId: groupOf(event), event })),
      ...run.map(({ groupId, personId }) => ({
        groupId,
        event: personal.findLast((event) => personOf(event) === personId)!,
      })),
    ];
    // The newest event about a group decides since when; one look at the group is enough for all of them.
    const latest = new Map<string, Concern>();
    for (const concern of concerns)
      if ((latest.get(concern.groupId)?.event.occurredAt ?? '') <= concern.event.occurredAt)
        latest.set(concern.groupId, concern);
    await this.assess(tx, [...latest.values()]);
  }

  /** Whoever moderates as staff does so no longer once they have left the staff. */
  private async endRoles(
    tx: Transaction,
    events: readonly RecordedEvent[],
    run: Awaited<ReturnType<typeof groupsRunBy>>,
  ) {
    const left = (events as readonly Event[]).filter((event) => event.name === 'LeaverDetected');
    const ofStaff = left.filter(({ data }) => data.category === 'staff');
    const roles = run.filter(
      ({ kind, personId }) => kind === 'staff' && ofStaff.some((one) => one.data.personId === personId),
    );
    const still = await staffAmong(
      this.kit,
      tx,
      roles.map(({ personId }) => personId),
    );
    const requests = roles
      .filter(({ personId }) => !still.has(personId))
      .map(({ groupId, personId }) => {
        const event = ofStaff.findLast((one) => one.data.personId === personId)! as RecordedEvent;
        return requestFor(groupId, event, { name: 'StandDownModerator', data: { groupId, personId } });
      });
    if (requests.length > 0) await this.kit.commands.execute(tx, group, { actor }, requests);
  }

  private async assess(tx: Transaction, concerns: readonly Concern[]): Promise<void> {
    if (concerns.length === 0) return;
    const policies = await activePolicies(tx);
    const groups = await findGroups(
      tx,
      concerns.map(({ groupId }) => groupId),
    );
    const requests = [];
    for (const { groupId, event } of concerns) {
      const row = groups.get(groupId);
      const policy = row && policies.get(row.groupType);
      if (!policy || row.closedAt || !matters(event.name, policy)) continue;
      const { lacks, ending } = await moderationOf(this.kit, tx, groupId, policy);
      const rules = [ruleOf(policy, 'staff_moderators_min'), ruleOf(policy, 'admin_count')];
      const now = { groupId, lacks: parametersOf(lacks), rules };
      requests.push(requestFor(groupId, event, { name: 'AssessCover', data: now }));
      const then = ending && { groupId, endsAt: ending.endsAt, lacks: parametersOf(ending.lacks), rules };
      if (then) requests.push(requestFor(groupId, event, { name: 'ForeseeGap', data: then }));
    }
    if (requests.length > 0) await this.kit.commands.execute(tx, group, { actor }, requests);
  }
}

/** Most groups ask nothing that an event of this name could change; a role is looked at whatever the policy, as it may have changed. */
function matters(event: string, { parameters }: ResolvedPolicy): boolean {
  const { min, per_members: perMembers } = parameters.staff_moderators_min.value;
  if (ofRoles.includes(event)) return true;
  if (ofSize.includes(event)) return min > 0 && perMembers !== null;
  return min > 0 || parameters.admin_count.value.enforce === 'block';
}

const parametersOf = (lacks: readonly GroupLack[]) => [...new Set(lacks.map(({ parameter }) => parameter))];
const actor = { kind: 'system', id: MODERATION } as const;
const personOf = ({ data }: RecordedEvent) => (data as { personId: string }).personId;
const groupOf = ({ data }: RecordedEvent) => (data as { groupId: string }).groupId;

function requestFor(groupId: string, event: RecordedEvent, command: CommandOf<GroupCommands>) {
  const cause = { actor, correlationId: event.correlationId, causationId: event.id };
  return { id: groupId, command, occurredAt: event.occurredAt, cause };
}
