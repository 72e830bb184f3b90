import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

const breach = { breachId: Id };
const Category = oneOf(
  'wrong_person',
  'sensitive_message',
  'lost_device',
  'leaver_present',
  'lookalike',
  'misconduct',
  'other',
);
const concerned = { groupIds: Type.Array(Id), personIds: Type.Array(Id), itemIds: Type.Array(Id) };
const late = { lateBySeconds: Type.Integer({ minimum: 0 }) };
const HoldIds = Type.Array(Id, { minItems: 1 });
/** A step of the checklist; `dueAt` only where the policy names a time. */
const Steps = Type.Array(Type.Object({ step: Term, dueAt: Type.Optional(Instant) }, { additionalProperties: false }));

/** Breaches of personal data, from the first suspicion to the closing. What happened, in words, is in the vault. */
const breachCases = {
  BreachSuggested: event('Something on record may be a breach; a person has to say whether it is', {
    ...breach,
    category: Category,
    basis: oneOf('leaver_overdue', 'not_entitled', 'device_lost'),
    ...concerned,
    basedOn: Id,
    decideBy: Instant,
  }),
  BreachSuggestionUndecided: event('Nobody has said whether the suggested breach is one', {
    ...breach,
    dueAt: Instant,
  }),
  BreachSuggestionDismissed: event('The suggested breach is none; why, is named', {
    ...breach,
    reason: oneOf('no_personal_data', 'nobody_could_see', 'facts_were_wrong', 'known_already'),
  }),
  BreachReported: event('The organisation became aware of a breach; its clock runs from then', {
    ...breach,
    category: Category,
    ...concerned,
    awareAt: Instant,
    happenedAt: Type.Optional(Instant),
    dueAt: Instant,
    steps: Steps,
    inOrder: Type.Boolean(),
  }),
  RecipientsEstablished: event('Who was in the group at the time of the breach, by what is known now', {
    ...breach,
    groupId: Id,
    asOf: Instant,
    personIds: Type.Array(Id),
  }),
  EvidenceKept: event('What a hold covers was put aside as evidence before it is deleted from phones', {
    ...breach,
    holdIds: HoldIds,
    keptBy: Id,
  }),
  HeldDeletionDecided: event('It was decided to delete what a hold covers without keeping evidence; why, is named', {
    ...breach,
    holdIds: HoldIds,
    reason: oneOf('harm_outweighs', 'held_elsewhere', 'hold_owner_agrees'),
    decidedBy: Id,
  }),
  BreachStepRefused: event('A deletion was not taken for done, because holds cover what was to be deleted', {
    ...breach,
    step: Term,
    holdIds: HoldIds,
  }),
  BreachStepAttested: event(
    'Somebody says that the step is taken, or why there is nothing to do; attested, not proven',
    {
      ...breach,
      step: Term,
      outcome: oneOf('done', 'not_applicable', 'not_possible'),
      attestedBy: Id,
      ...late,
    },
  ),
  BreachStepOverdue: event('The time for the step passed and nobody has taken it', {
    ...breach,
    step: Term,
    dueAt: Instant,
  }),
  BreachReportingDecided: event('How great the risk to people is, and whether the regulator is told', {
    ...breach,
    risk: oneOf('unlikely', 'likely', 'high'),
    report: Type.Boolean(),
    toTell: Type.Array(Id),
    decidedBy: Id,
    dueAt: Instant,
  }),
  RegulatorTold: event('The regulator was told of the breach', { ...breach, toldBy: Id, ...late }),
  RegulatorClockPassed: event('Seventy-two hours after awareness the regulator neither was told nor need not be', {
    ...breach,
    dueAt: Instant,
  }),
  PeopleToldOfBreach: event('People whose data it was were told', {
    ...breach,
    personIds: Type.Array(Id),
    channel: oneOf('email', 'phone', 'sms', 'post', 'meeting', 'public_notice'),
    toldBy: Id,
  }),
  BreachClosed: event('Everything that a breach asks for is done', {
    ...breach,
    outcome: oneOf('contained', 'not_contained', 'no_breach', 'referred_to_discipline'),
    closedBy: Id,
  }),
};

const device = { deviceId: Id };
const owned = { ...device, personId: Id };
const DeviceTask = oneOf('remove_from_groups', 'log_out_linked_devices', 'tell_manager');

/** Phones and the like that people have the groups on. What tells one from another is in the vault. */
const devices = {
  DeviceRegistered: event('A person has groups on this device', { ...owned, kind: oneOf('own', 'issued') }),
  DeviceSearchAnswered: event('Whether the owner lets the device be searched when somebody asks for records', {
    ...device,
    isAllowed: Type.Boolean(),
  }),
  DeviceRetired: event('The device is used for groups no more', device),
  DeviceLost: event('The device is out of its owner’s hands; these groups were on it', {
    ...owned,
    groupIds: Type.Array(Id),
    tasks: Type.Array(DeviceTask),
    dueAt: Instant,
  }),
  DeviceTaskDone: event('Somebody says that this is done about the lost device; attested, not proven', {
    ...device,
    task: DeviceTask,
    doneBy: Id,
    ...late,
  }),
  DeviceTasksOverdue: event('The time to act on the lost device passed with this undone', {
    ...device,
    tasks: Type.Array(DeviceTask),
    dueAt: Instant,
  }),
  DeviceFound: event('The device is back in its owner’s hands', device),
};

const incident = { incidentId: Id };

/** What people report that is no breach: a message, a worry, a group that looks like ours. The words are in the vault. */
const incidents = {
  IncidentReported: event('Somebody told us of something; it goes to these people in turn by an instant', {
    ...incident,
    category: Term,
    /** What behaviour in a group is about. */
    matter: Type.Optional(Term),
    groupId: Type.Optional(Id),
    personIds: Type.Array(Id),
    recipients: Type.Array(Term, { minItems: 1 }),
    steps: Type.Array(Term),
    inOrder: Type.Boolean(),
    dueAt: Instant,
    /** By when something is to be done about behaviour. */
    actBy: Type.Optional(Instant),
  }),
  IncidentPassedOn: event('One who is to know of it was told', { ...incident, recipient: Term, toldBy: Id, ...late }),
  IncidentOverdue: event('The time passed and these have not been told', {
    ...incident,
    recipients: Type.Array(Term, { minItems: 1 }),
    dueAt: Instant,
  }),
  IncidentUnattended: event('The time passed and nothing has been done about somebody’s behaviour', {
    ...incident,
    dueAt: Instant,
  }),
  IncidentStepTaken: event('Something was done about it', {
    ...incident,
    step: Term,
    takenBy: Id,
    skipped: Type.Array(Term),
  }),
  IncidentClosed: event('It is dealt with, with this outcome', {
    ...incident,
    outcome: oneOf(
      ...(['resolved', 'stays', 'removed', 'no_action', 'name_changed', 'name_kept', 'referred', 'breach'] as const),
    ),
    closedBy: Id,
  }),
};

export const breachEvents = { ...breachCases, ...devices, ...incidents };
