import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { rightsRequest } from '#domain';
import { eventType, typeOf, type RecordedEvent, type RetentionPayloads, type Service } from '#events';
import { ServiceKit } from '#nest';

export const CONFIRMATIONS = 'retention.erasure-confirmations';
const confirmations = processorId(CONFIRMATIONS);
type Destroyed = RecordedEvent<'SubjectKeyDestroyed', RetentionPayloads['SubjectKeyDestroyed']>;

/** Collects the word of every service that it has destroyed what it held; the erasure is complete with the last one (AMZ-113). */
@Controller()
export class ConfirmationsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'SubjectKeyDestroyed'), confirmations)
  async byMembership(@Payload() event: Destroyed, @Ctx() handling: Handling) {
    await this.confirm(event, handling);
  }

  @EventPattern<string>(typeOf('consent', 'SubjectKeyDestroyed'), confirmations)
  async byConsent(@Payload() event: Destroyed, @Ctx() handling: Handling) {
    await this.confirm(event, handling);
  }

  @EventPattern<string>(typeOf('retention', 'SubjectKeyDestroyed'), confirmations)
  async byRetention(@Payload() event: Destroyed, @Ctx() handling: Handling) {
    await this.confirm(event, handling);
  }

  private async confirm({ id: causationId, type, correlationId, occurredAt, data }: Destroyed, { tx }: Handling) {
    const { requestId } = data;
    const service = eventType(type)!.service as Service;
    await this.kit.commands.execute(
      tx,
      rightsRequest,
      { actor: { kind: 'system', id: CONFIRMATIONS }, correlationId, causationId },
      [{ id: requestId, command: { name: 'ConfirmErasure', data: { requestId, service } }, occurredAt }],
    );
  }
}
