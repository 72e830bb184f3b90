import { Type } from 'typebox';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { operations } from './operations.js';
import { Id, Instant, oneOf, Term } from './terms.js';

/** Gateway: whose installation it is, who may do what, which policy is in force, and who looked. */
export const gatewayEvents = declareEvents('gateway', {
  ...operations,
  OrganisationRegistered: event('An organisation uses this installation; its name is in the vault', {
    organisationId: Id,
    timeZone: Term,
  }),
  ApiKeyIssued: event('A key was made; its secret was shown once and only its hash is kept', {
    keyId: Id,
    scopes: Type.Array(Term, { minItems: 1 }),
    expiresAt: Type.Optional(Instant),
  }),
  ApiKeyRevoked: event('The key opens nothing any more', { keyId: Id }),
  ProfileActivated: event(
    'For these group types these rules hold from now on: every value, where it comes from, what it answers',
    {
      profile: Term,
      version: Type.Integer({ minimum: 1 }),
      activation: Type.Integer({ minimum: 1 }),
      groupTypes: Type.Record(Type.String(), Type.Unknown()),
    },
  ),
  ProfileActivationRefused: event('The profile has values that nobody has set', {
    profile: Term,
    version: Type.Integer({ minimum: 1 }),
    unset: Type.Array(Type.Object({ groupType: Term, parameter: Term }, { additionalProperties: false }), {
      minItems: 1,
    }),
  }),
  HistoryQueried: event('Somebody read the history; recorded because reading is access too', {
    keyId: Id,
    query: oneOf('events', 'roster', 'story', 'export'),
    about: Type.Array(Term),
  }),
  PersonalDataRead: event('Somebody was shown personal data', { keyId: Id, subjectId: Id, fields: Type.Array(Term) }),
  AccessDenied: event('A key asked for something it may not have, or that is not its organisation’s', {
    keyId: Id,
    route: Term,
  }),
});
export type GatewayPayloads = PayloadsOf<typeof gatewayEvents>;
