import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import { parseInstant } from '#domain';
import { Command, Incoming, invalid, Resource, ServiceKit, type CallOf } from '#nest';
import { AHEAD, fromBinary, isBinary } from './cloud-event.js';
import { CrmDelta, Feed, FeedTaken } from './feeds.dto.js';
import { takeChanges, takeEvents, type Report } from './intake.js';

/** So many statements are taken in before what earlier ones led to goes on. */
const MANY = 100;

/** What HR and CRM systems tell us over HTTP; the same statements may come over the bus. */
@Resource('feeds', 'Feeds')
export class FeedsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['feed:hr', 'feed:crm', 'admin'],
    status: 200,
    summary: 'Takes in CloudEvents: one (structured or binary) or a batch; each is answered for by itself',
    body: Feed,
    answers: FeedTaken,
  })
  take(@Incoming() { tx, body, cause }: CallOf<typeof Feed>, @Req() { headers }: Request) {
    if (isBinary(headers)) return takeEvents(this.kit, tx, cause.actor, [fromBinary(headers, body)]);
    const events: readonly unknown[] = Array.isArray(body) ? body : [body];
    return this.inTurn(events.length, () => takeEvents(this.kit, tx, cause.actor, events));
  }

  @Command('crm-delta', {
    scopes: ['feed:crm', 'admin'],
    status: 200,
    summary: 'Takes in what changed in a CRM up to an instant; each change is answered for by itself',
    body: CrmDelta,
    answers: FeedTaken,
  })
  delta(@Incoming() { tx, body, cause }: CallOf<typeof CrmDelta>) {
    const time = parseInstant(body.asOf);
    if (time === null || Date.parse(time) > Date.parse(tx.now) + AHEAD)
      throw invalid([{ field: 'body/asOf', rule: 'must be an RFC 3339 date-time that is not in the future' }]);
    const { source, changes } = body;
    return this.inTurn(changes.length, () => takeChanges(this.kit, tx, cause.actor, { source, time, changes }));
  }

  private inTurn(statements: number, take: () => Promise<Report>): Promise<Report> {
    return statements < MANY ? take() : this.kit.givingWay.first(take);
  }
}
