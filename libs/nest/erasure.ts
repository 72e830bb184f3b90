import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { record } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads, type Service } from '#events';
import type { Slice } from './compose.js';
import { ServiceKit } from './service.js';

/**
 * Destroys what a service holds about a person when their erasure was ordered, and says so with an event of its own (AMZ-113): the
 * values go and the key with them, so that no backup of the values brings them back, and every part of the service gives up what it
 * keeps elsewhere (`Holding.erase`). All of it is one transaction: the word is given when it is done, or not at all.
 */
export function erasureSlice(service: Service): Slice {
  const name = `${service}.erasures`;

  @Controller()
  class ErasureProcessor {
    constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

    @EventPattern<string>(typeOf('retention', 'ErasureOrdered'), processorId(name))
    async ordered(
      @Payload() event: RecordedEvent<'ErasureOrdered', RetentionPayloads['ErasureOrdered']>,
      @Ctx() { tx }: Handling,
    ) {
      const { personId: subjectId, requestId } = event.data;
      const actor = { kind: 'system' as const, id: name };
      const cause = { actor, correlationId: event.correlationId, causationId: event.id };
      for (const { erase } of this.kit.definition.holdings ?? [])
        await erase?.(this.kit, tx, { personId: subjectId, cause });
      await this.kit.vault.erase(tx, subjectId);
      await this.kit.store.append(tx, cause, [
        {
          // Of its own in each service: a stream has one writer, and the history tells streams apart by their ids.
          streamId: `${service}_erasure-${requestId}`,
          expectedVersion: 'none',
          events: [record('SubjectKeyDestroyed', { subjectId, requestId })],
        },
      ]);
    }
  }
  return { controllers: [ErasureProcessor], processors: [{ name, topics: ['rollcall.retention'] }] };
}
