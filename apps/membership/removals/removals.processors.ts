import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PAGES, processorId, type Handling } from '#bus';
import type { RemovalCause } from '#domain';
import type { ConsentPayloads, EventsOf, RecordedEvent } from '#events';
import { writeRows, type RowChange, type Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { phonesToDrop } from '../people/personal.js';
import type { Pair } from '../participation/participation.read-model.js';
import { concernsOf, decideRemovals } from './removals.process.js';

export const REMOVALS = 'membership.removals';
export const CONSENTS = 'membership.consents';

/** Opens, tightens and ends orders as people, groups and activities change. */
@Controller()
export class RemovalProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(PAGES, processorId(REMOVALS))
  async page(@Payload() events: RecordedEvent[], @Ctx() { tx }: Handling) {
    await decideRemovals(this.kit, tx, REMOVALS, await concernsOf(tx, events));
  }
}

type ConsentEvent = EventsOf<ConsentPayloads>;
const ENDS: readonly string[] = ['ConsentWithdrawn', 'ConsentExpired'] satisfies readonly ConsentEvent['name'][];

/**
 * Learns which consents hold, and what follows from one that does not any more. One processor for both: an admission that was decided
 * by a consent just withdrawn is then seen either here or, by its own event, in the processor above.
 */
@Controller()
export class ConsentProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(PAGES, processorId(CONSENTS))
  async page(@Payload() page: RecordedEvent[], @Ctx() { tx }: Handling) {
    const events = page as unknown as readonly ConsentEvent[];
    await writeRows(tx, 'known_consents', ['groupId', 'personId'], events.flatMap(changes));
    const concerns = events
      .filter(({ name }) => name === 'ConsentGiven' || name === 'ConsentWithdrawn' || name === 'ConsentExpired')
      .map((event) => ({
        event,
        pair: event.data as { groupId: string; personId: string },
        causes: () => [event as RemovalCause],
      }));
    await decideRemovals(this.kit, tx, CONSENTS, concerns);
    await this.dropPhones(tx, events);
  }

  /** A number that was kept by a consent goes with it (AMZ-112). */
  private async dropPhones(tx: Transaction, events: readonly ConsentEvent[]): Promise<void> {
    const ended = new Map(
      events.filter(({ name }) => ENDS.includes(name)).map((event) => [(event.data as Pair).personId, event]),
    );
    for (const subjectId of await phonesToDrop(tx, [...ended.keys()])) {
      const { phone } = await this.kit.vault.read(tx, subjectId, ['phone']);
      if (phone.state !== 'value') continue;
      await this.kit.vault.forget(tx, subjectId, ['phone']);
      const { id: causationId, correlationId } = ended.get(subjectId)!;
      const dropped = { name: 'PersonalDataDropped', data: { subjectId, fields: ['phone'] } };
      await this.kit.store.append(tx, { actor: { kind: 'system', id: CONSENTS }, correlationId, causationId }, [
        { streamId: `disclosures-${subjectId}`, expectedVersion: 'any', events: [dropped] },
      ]);
    }
  }
}

function changes(event: ConsentEvent): RowChange[] {
  const { name, data, occurredAt } = event;
  if (name === 'ConsentGiven') {
    const { groupId, personId, scope } = data;
    return [{ upsert: { groupId, personId, scope, since: occurredAt, withdrawnAt: null, reason: null } }];
  }
  if (name === 'ConsentExpired') {
    const { groupId, personId, expiredAt } = data;
    return [{ update: { groupId, personId, withdrawnAt: expiredAt, reason: 'expired' } }];
  }
  if (name !== 'ConsentWithdrawn') return [];
  const { groupId, personId, reason } = data;
  return [{ update: { groupId, personId, withdrawnAt: occurredAt, reason } }];
}
