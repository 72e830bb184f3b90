import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { typeOf, type ConsentPayloads, type RecordedEvent } from '#events';
import { ServiceKit } from '#nest';
import { tell } from './messages.js';
import { MessageSender, SENDER } from './sender.js';

/** What has fallen due goes to the sender; where there is no mail server it waits, for all to see. */
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
    if (this.sender.hasServer) return this.sender.enqueue({ tenantId: event.tenantId, messageId, personId });
    const { correlationId, id: causationId } = event;
    const cause = { actor: { kind: 'system', id: SENDER } as const, correlationId, causationId };
    await tell(this.kit, tx, cause, { name: 'HoldMessage', data: { messageId, personId } });
  }
}
