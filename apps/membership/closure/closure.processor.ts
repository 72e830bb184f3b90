import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import {
  typeOf,
  type GatewayPayloads,
  type MembershipPayloads,
  type RecordedEvent,
  type RetentionPayloads,
} from '#events';
import { writeRows, type Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { findClosing, lastUses } from './closure.read-model.js';
import { assessUse } from './use.js';

export const CLOSURE = 'membership.closure';
const closures = processorId(CLOSURE);
type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;

/** Finds the groups that nobody uses any more (LD-35), and learns which of them a hold covers. */
@Controller()
export class ClosureProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), closures)
  async registered(@Payload() event: Heard<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    await this.assess(tx, event, { groupIds: [event.data.groupId] });
  }

  @EventPattern<string>(typeOf('membership', 'GroupIdleCheckDue'), closures)
  async checked(@Payload() event: Heard<'GroupIdleCheckDue'>, @Ctx() { tx }: Handling) {
    await this.assess(tx, event, { groupIds: [event.data.groupId] });
  }

  @EventPattern<string>(typeOf('membership', 'MemberAdded'), closures)
  async added(@Payload() event: Heard<'MemberAdded'>, @Ctx() { tx }: Handling) {
    await this.usedAgain(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'RosterSnapshotRecorded'), closures)
  async seen(@Payload() event: Heard<'RosterSnapshotRecorded'>, @Ctx() { tx }: Handling) {
    await this.usedAgain(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorReaffirmed'), closures)
  async reaffirmed(@Payload() event: Heard<'ModeratorReaffirmed'>, @Ctx() { tx }: Handling) {
    await this.usedAgain(tx, event);
  }

  /** A policy with another time moves it for every group of its types. */
  @EventPattern<string>(typeOf('gateway', 'ProfileActivated'), closures)
  async activated(
    @Payload() event: RecordedEvent<'ProfileActivated', GatewayPayloads['ProfileActivated']>,
    @Ctx() { tx }: Handling,
  ) {
    await this.assess(tx, event, { groupTypes: Object.keys(event.data.groupTypes) });
  }

  @EventPattern<string>(typeOf('retention', 'HoldPlaced'), closures)
  async held(
    @Payload() { data: { holdId, scope } }: RecordedEvent<'HoldPlaced', RetentionPayloads['HoldPlaced']>,
    @Ctx() { tx }: Handling,
  ) {
    // A hold on a person or an incident says nothing of the chat as a whole.
    const { groupId, personId, incidentId } = scope;
    if (groupId && !personId && !incidentId)
      await writeRows(tx, 'group_holds', ['holdId'], [{ upsert: { holdId, groupId } }]);
  }

  @EventPattern<string>(typeOf('retention', 'HoldReleased'), closures)
  async released(
    @Payload() { data: { holdId } }: RecordedEvent<'HoldReleased', RetentionPayloads['HoldReleased']>,
    @Ctx() { tx }: Handling,
  ) {
    await writeRows(tx, 'group_holds', ['holdId'], [{ remove: { holdId } }]);
  }

  /** The day of a use is known at once; it is looked at when the group would be dormant, or is. */
  private async usedAgain(tx: Transaction, event: RecordedEvent): Promise<void> {
    const { groupId } = event.data as { groupId: string };
    if ((await findClosing(tx, groupId)).isDormant) await this.assess(tx, event, { groupIds: [groupId] });
  }

  private async assess(
    tx: Transaction,
    { id: causationId, correlationId, occurredAt }: RecordedEvent,
    which: Parameters<typeof lastUses>[1],
  ): Promise<void> {
    const cause = { actor: { kind: 'system' as const, id: CLOSURE }, correlationId, causationId };
    await assessUse(this.kit, tx, cause, occurredAt, await lastUses(tx, which));
  }
}
