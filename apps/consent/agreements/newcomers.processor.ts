import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { agreement, briefing, type BriefingCommands, type CommandOf, owedOnJoining, ruleOf } from '#domain';
import { typeOf, type ConsentPayloads, type MembershipPayloads, type RecordedEvent } from '#events';
import type { CommandRequest, Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit, timeZone } from '#nest';
import { agreementVersion } from './agreements.read-model.js';
import { briefingId } from './briefing-stream.js';

export const NEWCOMERS = 'consent.newcomers';
const processor = processorId(NEWCOMERS);
type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;
type Given = RecordedEvent<'ConsentGiven', ConsentPayloads['ConsentGiven']>;

/**
 * Whoever comes in accepts the agreement by joining (AMZ-109) and is owed the welcome and the agreement (AMZ-030, AMZ-089);
 * whoever is out is owed nothing any more.
 */
@Controller()
export class NewcomersProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'MemberAdded'), processor)
  async added(@Payload() event: Heard<'MemberAdded'>, @Ctx() { tx }: Handling) {
    const { groupId, personId } = event.data;
    const policy = await findPolicy(tx, groupId);
    // The group and its policy come on other streams: the message is tried again, and set aside in the end, rather than judged without.
    if (!policy) throw new Error('The group of this newcomer, or the policy of its type, is not known here yet');
    const version = await agreementVersion(tx, groupId);
    const joined = { at: event.occurredAt, hasAgreement: version !== undefined, timeZone: await timeZone(tx) };
    const owed = owedOnJoining(policy, joined);
    const commands: CommandOf<BriefingCommands>[] = [];
    if (version !== undefined) {
      const rules = [ruleOf(policy, 'agreement_topics')];
      commands.push({ name: 'Accept', data: { groupId, personId, version, how: 'joined', rules } });
    }
    if (owed) commands.push({ name: 'Owe', data: { groupId, personId, ...owed } });
    await this.brief(tx, event, commands);
  }

  /** Somebody who agreed on an invitation's page was shown the agreement there. */
  @EventPattern<string>(typeOf('consent', 'ConsentGiven'), processor)
  async agreed(@Payload() event: Given, @Ctx() { tx }: Handling) {
    const { groupId, personId, agreementVersion: version } = event.data;
    if (version === undefined) return;
    const data = { groupId, personId, version, how: 'invitation' as const, rules: event.rules ?? [] };
    await this.brief(tx, event, [{ name: 'Accept', data }]);
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), processor)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    await this.callOff(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), processor)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await this.callOff(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'GroupClosed'), processor)
  async closed(@Payload() event: Heard<'GroupClosed'>, @Ctx() { tx }: Handling) {
    const { groupId } = event.data;
    await this.kit.commands.execute(tx, agreement, causeOf(event), [
      { id: groupId, command: { name: 'End', data: { groupId } }, occurredAt: event.occurredAt },
    ]);
  }

  private async callOff(tx: Transaction, event: Heard<'MemberRemoved' | 'MemberLeftByThemselves'>): Promise<void> {
    const { groupId, personId } = event.data;
    await this.brief(tx, event, [{ name: 'CallOff', data: { groupId, personId } }]);
  }

  private async brief(
    tx: Transaction,
    event: Heard<'MemberAdded' | 'MemberRemoved' | 'MemberLeftByThemselves'> | Given,
    commands: readonly CommandOf<BriefingCommands>[],
  ): Promise<void> {
    const { groupId, personId } = event.data;
    const id = briefingId(groupId, personId);
    const requests = commands.map((command): CommandRequest<BriefingCommands> => ({
      id,
      command,
      occurredAt: event.occurredAt,
    }));
    if (requests.length > 0) await this.kit.commands.execute(tx, briefing, causeOf(event), requests);
  }
}

const causeOf = ({ correlationId, id: causationId }: Pick<RecordedEvent, 'correlationId' | 'id'>) => ({
  actor: { kind: 'system', id: NEWCOMERS } as const,
  correlationId,
  causationId,
});
