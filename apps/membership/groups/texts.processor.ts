import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { typeOf, type ConsentPayloads, type RecordedEvent } from '#events';
import { writeRows } from '#eventsourcing';

export const GROUP_TEXTS = 'membership.group-texts';

/** Learns which groups have every text their policy asks for: until then a group is in preparation. */
@Controller()
export class TextsProcessor {
  @EventPattern<string>(typeOf('consent', 'GroupTextsComplete'), processorId(GROUP_TEXTS))
  async complete(
    @Payload() { data, occurredAt }: RecordedEvent<'GroupTextsComplete', ConsentPayloads['GroupTextsComplete']>,
    @Ctx() { tx }: Handling,
  ) {
    const row = { groupId: data.groupId, completeSince: occurredAt, incompleteSince: null };
    await writeRows(tx, 'group_texts', ['groupId'], [{ upsert: row }]);
  }

  @EventPattern<string>(typeOf('consent', 'GroupTextsIncomplete'), processorId(GROUP_TEXTS))
  async incomplete(
    @Payload() { data, occurredAt }: RecordedEvent<'GroupTextsIncomplete', ConsentPayloads['GroupTextsIncomplete']>,
    @Ctx() { tx }: Handling,
  ) {
    const row = { groupId: data.groupId, incompleteSince: occurredAt };
    await writeRows(tx, 'group_texts', ['groupId'], [{ update: row }]);
  }
}
