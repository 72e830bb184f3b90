import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { participation } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { ServiceKit } from '#nest';
import { participationId } from '../participation/participation-id.js';

export const CHAT_EVIDENCE = 'membership.chat-evidence';

/** Takes what a chat last says of a person's going: an order to remove them is done by it, as by anybody's word (LD-37, LD-38). */
@Controller()
export class ChatEvidenceProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('retention', 'RosterEvidenceFound'), processorId(CHAT_EVIDENCE))
  async found(
    @Payload() event: RecordedEvent<'RosterEvidenceFound', RetentionPayloads['RosterEvidenceFound']>,
    @Ctx() { tx }: Handling,
  ) {
    const { id: causationId, correlationId, occurredAt, data } = event;
    const { groupId, personId, evidence, isLatest } = data;
    // A coming-in is no admission: whoever is there without a right is found by a roster.
    if (!isLatest || evidence === 'joined') return;
    const cause = { actor: { kind: 'system' as const, id: CHAT_EVIDENCE }, correlationId, causationId };
    await this.kit.commands.execute(tx, participation, cause, [
      {
        id: participationId(groupId, personId),
        command: { name: 'ReadInChat', data: { groupId, personId, evidence } },
        occurredAt,
      },
    ]);
  }
}
