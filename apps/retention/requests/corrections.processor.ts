import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { rightsRequest } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent, type RetentionPayloads } from '#events';
import { ServiceKit } from '#nest';
import { openRectifications } from './requests.read-model.js';

export const CORRECTIONS = 'retention.corrections';
const corrections = processorId(CORRECTIONS);
type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;
type DataClass = RetentionPayloads['CorrectionNoted']['classes'][number];

/** Notes to open requests of a person what of their data was changed, by the time at which it was recorded (UK GDPR, article 16). */
@Controller()
export class CorrectionsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'DateOfBirthCorrected'), corrections)
  async born(@Payload() event: Heard<'DateOfBirthCorrected'>, @Ctx() handling: Handling) {
    await this.note(event, handling, event.data.personId, 'date_of_birth');
  }

  @EventPattern<string>(typeOf('membership', 'PersonalDataCorrected'), corrections)
  async replaced(@Payload() event: Heard<'PersonalDataCorrected'>, @Ctx() handling: Handling) {
    const { personId, fields } = event.data;
    const classes = new Set(fields.map((field) => (field === 'name' ? ('name' as const) : ('contact' as const))));
    await this.note(event, handling, personId, ...classes);
  }

  @EventPattern<string>(typeOf('membership', 'PersonStatusSynced'), corrections)
  async synced(@Payload() event: Heard<'PersonStatusSynced'>, @Ctx() handling: Handling) {
    await this.note(event, handling, event.data.personId, 'category');
  }

  @EventPattern<string>(typeOf('membership', 'LeaverDetected'), corrections)
  async left(@Payload() event: Heard<'LeaverDetected'>, @Ctx() handling: Handling) {
    await this.note(event, handling, event.data.personId, 'category');
  }

  @EventPattern<string>(typeOf('membership', 'LeaverRescinded'), corrections)
  async rescinded(@Payload() event: Heard<'LeaverRescinded'>, @Ctx() handling: Handling) {
    await this.note(event, handling, event.data.personId, 'category');
  }

  private async note(
    { id, correlationId, recordedAt }: RecordedEvent,
    { tx }: Handling,
    personId: string,
    ...classes: DataClass[]
  ): Promise<void> {
    const cause = { actor: { kind: 'system', id: CORRECTIONS } as const, correlationId, causationId: id };
    const about = { correctionId: id, classes, madeAt: recordedAt, isStated: false };
    const requests = (await openRectifications(tx, personId)).map((requestId) => ({
      id: requestId,
      command: { name: 'NoteCorrection' as const, data: { requestId, ...about } },
      occurredAt: recordedAt,
    }));
    // What does not belong to a request is refused by it, and leaves no trace there.
    if (requests.length > 0) await this.kit.commands.execute(tx, rightsRequest, cause, requests);
  }
}
