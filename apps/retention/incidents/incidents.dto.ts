import { Type } from 'typebox';
import { incidentCategories, matterNames } from '#domain';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 4000, description: `${description}; kept in the vault` });
const by = (description: string) => Type.String({ format: 'uuid', description });
const category = Type.Enum([...incidentCategories], { description: 'What kind of thing it is' });
const matter = Type.Enum([...matterNames], { description: 'What the behaviour in a group is about' });
const state = Type.Enum(['open', 'closed']);
const outcome = Type.Enum(
  ['resolved', 'stays', 'removed', 'no_action', 'name_changed', 'name_kept', 'referred', 'breach'],
  {
    description:
      'What came of it. `stays`: the person mended their ways and may stay; `breach`: it turned out to be one, which is reported apart',
  },
);

export const ReportIncident = Type.Object(
  {
    incidentId: Type.Optional(uuid),
    category,
    matter: Type.Optional(matter),
    groupId: Type.Optional(
      Type.String({ format: 'uuid', description: 'The group it is about; left out for one that is not ours' }),
    ),
    personIds: Type.Optional(Type.Array(uuid, { maxItems: 50, uniqueItems: true, description: 'Whom it is about' })),
    description: words('What happened, and in which group where it is not ours'),
    occurredAt: OccurredAt,
  },
  closed,
);
export const PassOn = Type.Object(
  { recipient: term('Who was told, as the incident names them'), toldBy: by('Who told them'), occurredAt: OccurredAt },
  closed,
);
export const TakeIncidentStep = Type.Object(
  {
    step: term('The step, as the incident names it'),
    takenBy: by('Who took it'),
    reason: Type.Optional(words('Why earlier steps are left out, where the policy wants them first')),
    occurredAt: OccurredAt,
  },
  closed,
);
export const CloseIncident = Type.Object(
  { outcome, closedBy: by('Who closes it'), note: Type.Optional(words('What came of it')), occurredAt: OccurredAt },
  closed,
);
export const IncidentsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), category: Type.Optional(category), groupId: Type.Optional(uuid) },
  closed,
);

const incident = {
  incidentId: uuid,
  category,
  matter: orNull(matter),
  groupId: orNull(uuid),
  personIds: Type.Array(uuid),
  recipients: Type.Array(Type.String(), { description: 'Who has to hear of it; the last one is whom it is for' }),
  steps: Type.Array(Type.String()),
  inOrder: Type.Boolean({ description: 'Whether a step needs those before it, or a word on why not' }),
  reportedAt: instant,
  dueAt: Type.String({ format: 'date-time', description: 'When everybody who has to hear of it has heard' }),
  overdueAt: orNull(instant),
  actBy: orNull(
    Type.String({ format: 'date-time', description: 'By when something is to be done about behaviour in a group' }),
  ),
  unattendedAt: orNull(
    Type.String({ format: 'date-time', description: 'When that time passed and nothing had been done' }),
  ),
  state,
  closedAt: orNull(instant),
  outcome: orNull(outcome),
};
export const IncidentChanged = Type.Object({
  incidentId: uuid,
  recipients: Type.Array(Type.String()),
  dueAt: instant,
  actBy: orNull(instant),
  advice: orNull(Type.String({ description: 'What to think of in a matter of this kind, in one or two sentences' })),
  ...Recorded,
});
export const IncidentPage = pageOf(Type.Object(incident));
export const Incident = Type.Object({
  ...incident,
  advice: orNull(Type.String()),
  done: Type.Array(
    Type.Object({
      kind: Type.Enum(['told', 'taken', 'left_out']),
      name: Type.String(),
      byId: uuid,
      at: instant,
      lateBySeconds: orNull(Type.Integer()),
    }),
  ),
  description: Reference,
  reason: Reference,
  note: Reference,
});
