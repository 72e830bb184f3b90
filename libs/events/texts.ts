import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

const TextKind = oneOf('name', 'description', 'agreement', 'welcome', 'invitation', 'notice', 'nonjoiner');
const text = { groupId: Id, kind: TextKind, version: Term };
const Terms = Type.Array(Term);

/** A group's texts, how they reach people, and what people say they have read. The words are in the vault; a version is their fingerprint. */
export const textEvents = {
  TextValidated: event('A text answers everything the policy asks of it', {
    ...text,
    topics: Terms,
    attested: Terms,
    names: Type.Array(Id),
  }),
  TextRejected: event('A text lacks something the policy asks of it; what, is named', {
    ...text,
    faults: Type.Array(Term, { minItems: 1 }),
  }),
  TextPublished: event('The group goes by this version of the text from now on', text),
  DescriptionStale: event('The description names somebody who no longer runs the group', {
    groupId: Id,
    version: Term,
    personId: Id,
  }),
  GroupTextsComplete: event('The group has every text its policy asks for', { groupId: Id, kinds: Terms }),
  GroupTextsIncomplete: event('The group lacks a text its policy asks for, or one is out of date', {
    groupId: Id,
    kinds: Terms,
  }),
  AgreementPublished: event('The rules of the group, in this version', {
    groupId: Id,
    version: Term,
    circulateBy: Type.Optional(Instant),
  }),
  AgreementCirculated: event('The agreement went to everybody in the group', {
    groupId: Id,
    version: Term,
    channel: oneOf('chat', 'email', 'meeting'),
    circulateBy: Type.Optional(Instant),
    mailed: Type.Optional(Type.Boolean()),
  }),
  AgreementCirculationDue: event('The agreement has to go round again', { groupId: Id, version: Term, dueAt: Instant }),
  AgreementEnded: event('The group is closed: its agreement goes round no more', { groupId: Id }),
  AgreementAccepted: event('The person accepted this version of the agreement', {
    groupId: Id,
    personId: Id,
    version: Term,
    how: oneOf('joined', 'invitation', 'said'),
  }),
  WelcomeDue: event('Somebody new, or a group that starts, is owed these texts by an instant', {
    groupId: Id,
    personId: Type.Optional(Id),
    owed: Terms,
    dueAt: Instant,
  }),
  WelcomeSent: event('The texts owed were sent, in these versions and with these parts', {
    groupId: Id,
    personId: Type.Optional(Id),
    channel: oneOf('chat', 'email', 'meeting'),
    welcomeVersion: Type.Optional(Term),
    agreementVersion: Type.Optional(Term),
    parts: Terms,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
  WelcomeOverdue: event('The texts owed were not sent in time', {
    groupId: Id,
    personId: Type.Optional(Id),
    owed: Terms,
    dueAt: Instant,
  }),
  WelcomeNoLongerDue: event('The person has left before the texts were sent', {
    groupId: Id,
    personId: Type.Optional(Id),
  }),
  DocumentPublished: event('The organisation’s own wording of a document, in this version', {
    document: Term,
    version: Term,
  }),
  PolicyAcknowledged: event('The person says they have read and will follow this version of the document', {
    personId: Id,
    document: Term,
    version: Term,
    groupId: Type.Optional(Id),
  }),
  OwnDeviceDeclared: event('The person uses a device of their own for work, or no longer does', {
    personId: Id,
    isUsed: Type.Boolean(),
  }),
  ComprehensionCheckStarted: event('Understanding is tested among those in a role', {
    checkId: Id,
    role: Term,
    method: oneOf('survey', 'interview'),
  }),
  ComprehensionChecked: event('The person was tested, with this outcome', {
    checkId: Id,
    personId: Id,
    outcome: oneOf('understood', 'not_understood', 'declined'),
  }),
};
