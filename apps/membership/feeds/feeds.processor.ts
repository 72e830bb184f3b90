import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, Unprocessable, type Handling } from '#bus';
import { feedEvents, typeOf, type RecordedEvent } from '#events';
import { ServiceKit } from '#nest';
import { AHEAD } from './cloud-event.js';
import { FEEDS_PROCESSOR } from './feeds.read-model.js';
import { takeStatements, type Statement } from './statements.js';

const types = Object.keys(feedEvents).map((name) => typeOf('feeds', name));

/** What HR and CRM systems tell us over the bus. A statement that cannot be taken in is parked, where it can be seen and replayed. */
@Controller()
export class FeedsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string[]>(types, processorId(FEEDS_PROCESSOR))
  async take(@Payload() event: RecordedEvent, @Ctx() { tx }: Handling): Promise<void> {
    const { id, name, occurredAt: time, actor, data } = event;
    if (Date.parse(time) > Date.parse(tx.now) + AHEAD) throw new Unprocessable('time must not be in the future');
    // The bus does not say which of an organisation's systems spoke: they count as one.
    const statement = { id, name, source: actor.id, time, data } as Statement;
    const [taken] = await takeStatements(this.kit, tx, actor, [statement]);
    if (typeof taken !== 'string') throw new Unprocessable(`${taken!.field} ${taken!.rule}`);
  }
}
