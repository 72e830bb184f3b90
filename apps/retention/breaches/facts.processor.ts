import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { v5 } from 'uuid';
import { processorId, type Handling } from '#bus';
import { breach, type BreachCommands } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { breachesSeeing } from './breaches.read-model.js';
import { keepStep, presentAt } from './presence.js';

export const FACTS = 'retention.breach-facts';
const facts = processorId(FACTS);
/** Names the breaches that are suggested by our own facts: one for each fact. */
const SUGGESTIONS = '5c7c0a39-8a4b-4c53-9d2f-0f4e6a0c8d11';

type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;
type Step = Heard<'MemberAdded' | 'MemberFoundInGroup' | 'MemberRemoved' | 'MemberLeftByThemselves'>;
type Suggestion = Pick<BreachCommands['Suggest'], 'category' | 'basis' | 'basedOn'>;

/** What membership tells that bears on breaches: who is in a group, and who is in it without being entitled to what is said there. */
@Controller()
export class FactsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'MemberAdded'), facts)
  async added(@Payload() event: Heard<'MemberAdded'>, @Ctx() { tx }: Handling) {
    await this.step(tx, event, true);
  }

  /** A roster shows somebody whom nobody let in: what was said there may have reached the wrong person. */
  @EventPattern<string>(typeOf('membership', 'MemberFoundInGroup'), facts)
  async found(@Payload() event: Heard<'MemberFoundInGroup'>, @Ctx() { tx }: Handling) {
    await this.step(tx, event, true);
    await this.suggest(tx, event, { category: 'wrong_person', basis: 'not_entitled', basedOn: event.data.snapshotId });
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), facts)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    await this.step(tx, event, false);
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), facts)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await this.step(tx, event, false);
  }

  /** Somebody who had to be out by now is not, as far as anybody has shown. */
  @EventPattern<string>(typeOf('membership', 'RemovalOverdue'), facts)
  async overdue(@Payload() event: Heard<'RemovalOverdue'>, @Ctx() { tx }: Handling) {
    await this.suggest(tx, event, { category: 'leaver_present', basis: 'leaver_overdue', basedOn: event.data.taskId });
  }

  /** Keeps the step; a breach that is open may have been seen by somebody else than was thought. */
  private async step(tx: Transaction, event: Step, inside: boolean): Promise<void> {
    const { id: eventId, version, occurredAt: at, data } = event;
    const { groupId, personId } = data;
    await keepStep(tx, { groupId, personId, at, version, eventId, inside });
    const seeing = await breachesSeeing(tx, groupId, at);
    if (seeing.length === 0) return;
    const requests = [];
    for (const { breachId, asOf } of seeing) {
      const established = { breachId, groupId, asOf, personIds: await presentAt(tx, groupId, asOf) };
      requests.push({ id: breachId, command: { name: 'EstablishRecipients' as const, data: established } });
    }
    await this.kit.commands.execute(tx, breach, causeOf(event), requests);
  }

  private async suggest(
    tx: Transaction,
    event: Heard<'MemberFoundInGroup' | 'RemovalOverdue'>,
    suggestion: Suggestion,
  ): Promise<void> {
    const { groupId, personId } = event.data;
    const breachId = v5(`${tx.tenantId!}:${event.id}`, SUGGESTIONS);
    const data = { breachId, ...suggestion, groupIds: [groupId], personIds: [personId], itemIds: [] };
    await this.kit.commands.execute(tx, breach, causeOf(event), [
      { id: breachId, command: { name: 'Suggest', data }, occurredAt: event.occurredAt },
    ]);
  }
}

const causeOf = ({ id: causationId, correlationId }: RecordedEvent) => ({
  actor: { kind: 'system' as const, id: FACTS },
  correlationId,
  causationId,
});
