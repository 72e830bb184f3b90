import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';
import { BREACH_STATES } from './breaches.read-model.js';

const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 4000, description: `${description}; kept in the vault` });
const ids = (description: string) => Type.Array(uuid, { maxItems: 200, uniqueItems: true, description });
const by = (description: string) => Type.String({ format: 'uuid', description });
const category = Type.Enum(
  ['wrong_person', 'sensitive_message', 'lost_device', 'leaver_present', 'lookalike', 'misconduct', 'other'],
  { description: 'What kind of breach it is' },
);
const AwareAt = Type.Optional(
  Type.String({
    format: 'date-time',
    description: 'When the organisation became aware of it: the clock runs from here. Not in the future',
  }),
);
const HappenedAt = Type.Optional(
  Type.String({ format: 'date-time', description: 'When it happened: whoever was in the groups then could see it' }),
);

export const ReportBreach = Type.Object(
  {
    breachId: Type.Optional(uuid),
    category,
    groupIds: Type.Optional(ids('The groups in which it happened')),
    itemIds: Type.Optional(ids('What is kept of it: retention items')),
    personIds: Type.Optional(ids('The people it involves')),
    awareAt: AwareAt,
    happenedAt: HappenedAt,
    description: words('What happened'),
  },
  closed,
);
export const ConfirmBreach = Type.Object(
  {
    category: Type.Optional(category),
    awareAt: AwareAt,
    happenedAt: HappenedAt,
    description: Type.Optional(words('What happened')),
  },
  closed,
);
export const DismissBreach = Type.Object(
  {
    reason: Type.Enum(['no_personal_data', 'nobody_could_see', 'facts_were_wrong', 'known_already']),
    explanation: Type.Optional(words('Why, in your words')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const TakeStep = Type.Object(
  {
    step: term('The step, as the checklist names it'),
    outcome: Type.Optional(
      Type.Enum(['done', 'not_applicable', 'not_possible'], { description: 'Done unless said; attested, not proven' }),
    ),
    attestedBy: by('The person whose word it is'),
    occurredAt: OccurredAt,
  },
  closed,
);
export const KeepEvidence = Type.Object(
  { keptBy: by('The person who keeps it'), where: words('Where it is kept'), occurredAt: OccurredAt },
  closed,
);
export const DecideOnHeld = Type.Object(
  {
    reason: Type.Enum(['harm_outweighs', 'held_elsewhere', 'hold_owner_agrees']),
    decidedBy: by('The person who decided'),
    explanation: words('Why, in your words'),
    occurredAt: OccurredAt,
  },
  closed,
);
export const DecideReporting = Type.Object(
  {
    risk: Type.Enum(['unlikely', 'likely', 'high'], { description: 'The risk to the people whose data it is' }),
    report: Type.Boolean({ description: 'Whether the regulator is told; it is unless a risk is unlikely' }),
    toTell: Type.Optional(ids('Who is to be told where the risk is high; nobody named: everybody, publicly')),
    decidedBy: by('The person who decided'),
    reason: words('Why'),
    occurredAt: OccurredAt,
  },
  closed,
);
export const TellRegulator = Type.Object(
  {
    toldBy: by('The person who told it'),
    reference: words('The regulator’s reference, or how it was told'),
    delay: Type.Optional(words('Why it took longer than seventy-two hours')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const TellPeople = Type.Object(
  {
    personIds: ids('Who was told; empty for a public notice'),
    channel: Type.Enum(['email', 'phone', 'sms', 'post', 'meeting', 'public_notice']),
    toldBy: by('The person who told them'),
    message: Type.Optional(words('What they were told')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const CloseBreach = Type.Object(
  {
    outcome: Type.Enum(['contained', 'not_contained', 'no_breach', 'referred_to_discipline']),
    closedBy: by('The person who closes it'),
    summary: Type.Optional(words('What was learned')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const BreachesQuery = Type.Object(
  {
    ...PageQuery,
    state: Type.Optional(Type.Enum([...BREACH_STATES])),
    category: Type.Optional(category),
    groupId: Type.Optional(uuid),
  },
  closed,
);

export const BreachChanged = Type.Object({ breachId: uuid, missing: Type.Array(Type.String()), ...Recorded });
const breach = {
  breachId: uuid,
  category,
  state: Type.Enum([...BREACH_STATES]),
  basis: orNull(Type.String({ description: 'The fact of ours that suggested it' })),
  groupIds: Type.Array(uuid),
  personIds: Type.Array(uuid),
  itemIds: Type.Array(uuid),
  noticedAt: instant,
  asOf: orNull(instant),
  dueAt: instant,
  overdueAt: orNull(instant),
  closedAt: orNull(instant),
  outcome: orNull(Type.String()),
};
export const BreachPage = pageOf(Type.Object(breach));
const local = Type.String({ description: 'The same instant on the organisation’s clocks, with their offset' });
export const Breach = Type.Object({
  ...breach,
  dueAtLocal: local,
  guidance: Type.Array(Type.String()),
  steps: Type.Array(
    Type.Object({
      step: Type.String(),
      dueAt: orNull(instant),
      dueAtLocal: orNull(local),
      overdue: Type.Boolean(),
      outcome: orNull(Type.Enum(['done', 'not_applicable', 'not_possible'])),
      attestedBy: orNull(uuid),
      at: orNull(instant),
      lateBySeconds: orNull(Type.Integer()),
    }),
  ),
  inOrder: Type.Boolean({ description: 'Whether a step counts only after those before it' }),
  recipients: Type.Array(Type.Object({ groupId: uuid, personIds: Type.Array(uuid) })),
  holdIds: Type.Array(uuid, { description: 'Holds that cover what it is about' }),
  risk: orNull(Type.Enum(['unlikely', 'likely', 'high'])),
  report: orNull(Type.Boolean()),
  regulatorToldAt: orNull(instant),
  toTell: Type.Array(uuid),
  told: Type.Array(uuid),
  missing: Type.Array(Type.Object({ code: Type.String(), explanation: Type.String() })),
  ...Object.fromEntries(
    (
      [
        'description',
        'dismissal',
        'evidence',
        'heldDeletion',
        'reason',
        'regulator',
        'delay',
        'message',
        'summary',
      ] as const
    ).map((field) => [field, Reference]),
  ),
});
