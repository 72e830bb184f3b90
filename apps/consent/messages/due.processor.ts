import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { typeOf, type ConsentPayloads, type RecordedEvent } from '#events';
import { ServiceKit } from '#nest';
import { findMessage } from './messages.read-model.js';
import { tell } from './messages.js';
import { isObjector } from '../objections/objections.read-model.js';
import { MessageSender, SENDER } from './sender.js';

/**
 * What has fallen due goes to the sender; where there is no mail server it waits, for all to see. To whoever objects to messages none
 * goes out but the code they ask for at that moment.
 */
@Controller()
export class DueProcessor {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(MessageSender) private readonly sender: MessageSender,
  ) {}

  @EventPattern<string>(typeOf('consent', 'MessageDue'), processorId(SENDER))
  async due(
    @Payload() event: RecordedEvent<'MessageDue', ConsentPayloads['MessageDue']>,
    @Ctx() { tx }: Handling,
  ): Promise<void> {
    const { messageId, personId } = event.data;
    const { correlationId, id: causationId } = event;
    const cause = { actor: { kind: 'system', id: SENDER } as const, correlationId, causationId };
    if ((await isObjector(tx, personId)) && (await findMessage(tx, messageId))?.kind !== 'one_time_code') {
      const because = 'not_wanted' as const;
      await tell(this.kit, tx, cause, { name: 'CallOffMessage', data: { messageId, personId, because } });
      return;
    }
    if (this.sender.hasServer) return this.sender.enqueue({ tenantId: event.tenantId, messageId, personId });
    await tell(this.kit, tx, cause, { name: 'HoldMessage', data: { messageId, personId } });
  }
}
