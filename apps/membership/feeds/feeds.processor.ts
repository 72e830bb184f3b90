import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PAGES, processorId, Unprocessable, type Handling } from '#bus';
import type { RecordedEvent } from '#events';
import { ServiceKit } from '#nest';
import { AHEAD } from './cloud-event.js';
import { FEEDS_PROCESSOR } from './feeds.read-model.js';
import { takeStatements, type Statement } from './statements.js';

/**
 * What HR and CRM systems tell us over the bus, a page at a time. When something of a page cannot be taken in, the page comes
 * again one by one, and what still cannot is parked, where it can be seen and replayed.
 */
@Controller()
export class FeedsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(PAGES, processorId(FEEDS_PROCESSOR))
  async take(@Payload() events: readonly RecordedEvent[], @Ctx() { tx }: Handling): Promise<void> {
    const statements = events.map((event) => statementIn(event, tx.now));
    const taken = await takeStatements(this.kit, tx, events[0]!.actor, statements);
    const fault = taken.find((result) => typeof result === 'object');
    if (fault) throw new Unprocessable(`${fault.field} ${fault.rule}`);
  }
}

function statementIn({ id, name, occurredAt: time, actor, data }: RecordedEvent, now: string): Statement {
  if (Date.parse(time) > Date.parse(now) + AHEAD) throw new Unprocessable('time must not be in the future');
  // The bus does not say which of an organisation's systems spoke: they count as one.
  return { id, name, source: actor.id, time, data } as Statement;
}
