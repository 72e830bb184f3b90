import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { writeRows, type Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { listMessages } from '../messages/messages.read-model.js';
import { tell } from '../messages/messages.js';
import { objectorOf } from './objections.read-model.js';

export const OBJECTIONS = 'consent.objections';
const objections = processorId(OBJECTIONS);
type Said<Name extends keyof RetentionPayloads> = RecordedEvent<Name, RetentionPayloads[Name]>;
const KEY = ['requestId'];
/** As many of a person's waiting messages as are looked at in one go; more than anybody ever has. */
const MANY = 500;

/**
 * Whoever objects to messages gets none while the objection is open, nor after an answer that says they are stopped (UK GDPR,
 * article 21): what waits to be sent is called off, and what falls due later is when it does.
 */
@Controller()
export class ObjectionsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('retention', 'RequestReceived'), objections)
  async received(@Payload() event: Said<'RequestReceived'>, @Ctx() { tx }: Handling) {
    const { requestId, personId, against, dueAt } = event.data;
    if (!personId || !against?.includes('messages')) return;
    const isInForce = dueAt !== undefined; // otherwise it may be anybody who asks
    await writeRows(tx, 'objections', KEY, [{ upsert: { requestId, personId, isInForce } }]);
    await this.callOff(tx, event);
  }

  @EventPattern<string>(typeOf('retention', 'IdentityConfirmed'), objections)
  async confirmed(@Payload() event: Said<'IdentityConfirmed'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'objections', KEY, [{ update: { requestId: event.data.requestId, isInForce: true } }]);
    await this.callOff(tx, event);
  }

  @EventPattern<string>(typeOf('retention', 'RequestAnswered'), objections)
  async answered(@Payload() { data: { requestId, stopped } }: Said<'RequestAnswered'>, @Ctx() { tx }: Handling) {
    if (!stopped?.includes('messages')) await writeRows(tx, 'objections', KEY, [{ remove: { requestId } }]);
  }

  @EventPattern<string>(typeOf('retention', 'ObjectionWithdrawn'), objections)
  async withdrawn(@Payload() { data: { requestId } }: Said<'ObjectionWithdrawn'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'objections', KEY, [{ remove: { requestId } }]);
  }

  /** What is queued for later stays so: the objection may be over by then. */
  private async callOff(
    tx: Transaction,
    { id: causationId, correlationId, data: { requestId } }: Said<'RequestReceived' | 'IdentityConfirmed'>,
  ): Promise<void> {
    const personId = await objectorOf(tx, requestId);
    if (personId === undefined) return;
    const cause = { actor: { kind: 'system', id: OBJECTIONS } as const, correlationId, causationId };
    const waiting = await listMessages(tx, { personId, state: 'waiting', after: null, limit: MANY });
    for (const { messageId, kind, state } of waiting)
      if (state !== 'queued' && kind !== 'one_time_code')
        await tell(this.kit, tx, cause, {
          name: 'CallOffMessage',
          data: { messageId, personId, because: 'not_wanted' },
        });
  }
}
