import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { consent, type CommandOf, type ConsentCommands } from '#domain';
import { typeOf, type ConsentPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { consentId } from '../consents/consent-stream.js';
import { findMessage } from '../messages/messages.read-model.js';

export const DELIVERIES = 'consent.deliveries';
const deliveries = processorId(DELIVERIES);
type Outcome = 'MessageSent' | 'MessageBounced' | 'MessageDeliveredByHand';
type Heard<Name extends Outcome> = RecordedEvent<Name, ConsentPayloads[Name]>;

/** What became of a notice that was mailed is the proof that it reached somebody who is not in the group, or that it did not (LD-13). */
@Controller()
export class DeliveriesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('consent', 'MessageSent'), deliveries)
  async sent(@Payload() event: Heard<'MessageSent'>, @Ctx() { tx }: Handling) {
    await this.tell(tx, event, (about) => ({ name: 'RecordDelivery', data: { ...about, channel: 'email' } }));
  }

  /** Given in the chat it reached somebody who is in the group: that is no proof here. */
  @EventPattern<string>(typeOf('consent', 'MessageDeliveredByHand'), deliveries)
  async byHand(@Payload() event: Heard<'MessageDeliveredByHand'>, @Ctx() { tx }: Handling) {
    const { channel } = event.data;
    if (channel !== 'chat')
      await this.tell(tx, event, (about) => ({ name: 'RecordDelivery', data: { ...about, channel } }));
  }

  @EventPattern<string>(typeOf('consent', 'MessageBounced'), deliveries)
  async bounced(@Payload() event: Heard<'MessageBounced'>, @Ctx() { tx }: Handling) {
    await this.tell(tx, event, ({ personId, groupId, messageId }) => ({
      name: 'UndoDelivery',
      data: { personId, groupId, messageId },
    }));
  }

  private async tell(
    tx: Transaction,
    { id: causationId, correlationId, occurredAt, data: { messageId } }: Heard<Outcome>,
    wish: (about: {
      personId: string;
      groupId: string;
      messageId: string;
      textVersion: string;
    }) => CommandOf<ConsentCommands>,
  ): Promise<void> {
    const row = await findMessage(tx, messageId);
    if (row?.kind !== 'notice' || !row.groupId || !row.textVersion) return;
    const { personId, groupId, textVersion } = row;
    const cause = { actor: { kind: 'system', id: DELIVERIES } as const, correlationId, causationId };
    await this.kit.commands.execute(tx, consent, cause, [
      {
        id: consentId(groupId, personId),
        command: wish({ personId, groupId, messageId, textVersion }),
        occurredAt,
      },
    ]);
  }
}
