import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { consent } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { consentId } from './consent-stream.js';
import { endActivity } from './lasting.js';

export const PURPOSES = 'consent.purposes';
const purposes = processorId(PURPOSES);
type Heard<Name extends 'ActivityEnded' | 'GroupClosed'> = RecordedEvent<Name, MembershipPayloads[Name]>;
type End = { readonly endedAt: string; readonly activityId?: string };

/** A consent lasts no longer than what it was given for: the activity it names (LD-05), and the group in any case (LD-35). */
@Controller()
export class PurposesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'ActivityEnded'), purposes)
  async ended(@Payload() event: Heard<'ActivityEnded'>, @Ctx() { tx }: Handling) {
    const { activityId, endedAt } = event.data;
    await this.end(tx, event, await endActivity(tx, activityId, endedAt), { activityId, endedAt });
  }

  @EventPattern<string>(typeOf('membership', 'GroupClosed'), purposes)
  async closed(@Payload() event: Heard<'GroupClosed'>, @Ctx() { tx }: Handling) {
    const agreed = await tx.query<{ groupId: string; personId: string }>(
      `select group_id as "groupId", person_id as "personId" from consents
       where tenant_id = $1 and group_id = $2 and state = 'given' order by person_id`,
      [tx.tenantId, event.data.groupId],
    );
    await this.end(tx, event, agreed, { endedAt: event.occurredAt });
  }

  private async end(
    tx: Transaction,
    { id: causationId, correlationId }: Heard<'ActivityEnded' | 'GroupClosed'>,
    agreed: readonly { groupId: string; personId: string }[],
    end: End,
  ): Promise<void> {
    const cause = { actor: { kind: 'system', id: PURPOSES } as const, correlationId, causationId };
    const requests = agreed.map(({ groupId, personId }) => ({
      id: consentId(groupId, personId),
      command: { name: 'EndPurpose' as const, data: { groupId, personId, ...end } },
      occurredAt: end.endedAt,
    }));
    if (requests.length > 0) await this.kit.commands.execute(tx, consent, cause, requests);
  }
}
