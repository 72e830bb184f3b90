import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { type CallOf, Command, idOf, Incoming, pastInstantIn, Resource, ServiceKit } from '#nest';
import { CorrectionStated, RequestChanged, StateCorrection, Step, TellRecipients } from './requests.dto.js';
import { ask } from './steps.js';

const officers = ['admin', 'compliance'] as const;

/** What the answer to a rectification or an objection rests on. */
@Resource('rights-requests', 'Rights')
export class SubstanceController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':requestId/corrections', {
    scopes: officers,
    summary: 'States that data was corrected, where no event says so: a name, an address, a record elsewhere',
    description:
      'Changes of a date of birth or a category that reach us while the request is open are noted by themselves. A statement is somebody’s word, and is shown as such.',
    body: StateCorrection,
    answers: CorrectionStated,
  })
  correct(@Incoming() call: CallOf<typeof StateCorrection>) {
    const { classes, what, occurredAt } = call.body;
    const correctionId = idOf(call.body.correctionId ?? v7());
    const madeAt = pastInstantIn('body/occurredAt', occurredAt, call.tx.now);
    const correction = { correctionId, classes, madeAt, isStated: true };
    return ask(this.kit, call, 'NoteCorrection', { [`correction:${correctionId}`]: what }, correction, {
      correctionId,
    });
  }

  @Command(':requestId/recipients-told', {
    scopes: officers,
    summary: 'Others who had been given the data were told that it was corrected or erased',
    description: 'UK GDPR, article 19. By kind and number, since recipients may be people.',
    body: TellRecipients,
    answers: RequestChanged,
  })
  told(@Incoming() call: CallOf<typeof TellRecipients>) {
    const { recipients, count } = call.body;
    return ask(this.kit, call, 'TellRecipients', {}, { recipients, count });
  }

  @Command(':requestId/withdraw-objection', {
    scopes: officers,
    summary: 'The person objects no longer, before the answer or after it; messages may reach them again',
    body: Step,
    answers: RequestChanged,
  })
  withdraw(@Incoming() call: CallOf<typeof Step>) {
    return ask(this.kit, call, 'WithdrawObjection');
  }
}
