import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PAGES, processorId, type Handling } from '#bus';
import type { RecordedEvent } from '#events';
import { recordPage } from './history.read-model.js';

export const PROCESSOR = 'gateway.history';

/** Copies every event of every service into the history. It looks at no event's type, so events of tomorrow are in it as well. */
@Controller()
export class HistoryProcessor {
  @EventPattern<typeof PAGES>(PAGES, processorId(PROCESSOR))
  async record(@Payload() events: RecordedEvent[], @Ctx() { tx }: Handling) {
    await recordPage(tx, events);
  }
}
