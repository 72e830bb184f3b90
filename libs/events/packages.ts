import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

const edition = { requestId: Id, edition: Type.Integer({ minimum: 1 }) };
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** What is put together for somebody who asks to see what is held. What is in it is in no event: it is in the vault. */
export const packageEvents = {
  PackageOrdered: event('What is held about a person, or about groups in a period, is to be searched for', {
    ...edition,
    personId: Type.Optional(Id),
    groupIds: Type.Optional(Type.Array(Id, { minItems: 1 })),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    again: Instant,
    giveUpAt: Instant,
  }),
  PackageSearchRepeated: event('The search came to no end and begins anew', { ...edition, again: Instant }),
  PackageCompiled: event('Every service was searched; which, when, how much was found, and the fingerprint of it all', {
    ...edition,
    sha256: Sha256,
    searched: Type.Array(
      Type.Object(
        { service: Term, searchedAt: Instant, found: Type.Integer({ minimum: 0 }) },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
    /** How many other people are in it, each under a label. */
    others: Type.Integer({ minimum: 0 }),
    destroyAt: Instant,
  }),
  PackageNotCompiled: event('The search was given up; the reason is named', {
    ...edition,
    because: oneOf('service_out_of_reach'),
  }),
  DisclosureDecided: event('Whether another person in the package is shown by name, and on what ground', {
    ...edition,
    label: Type.Integer({ minimum: 1 }),
    isDisclosed: Type.Boolean(),
    ground: oneOf('consent', 'reasonable', 'known_already', 'public_role', 'confidential'),
    sha256: Sha256,
  }),
  PackageRead: event('Somebody was shown the package', {
    ...edition,
    keyId: Id,
    form: oneOf('json', 'html', 'review'),
  }),
  PackageEndSet: event('The request was answered: the package is kept until an instant and no longer', {
    ...edition,
    destroyAt: Instant,
  }),
  PackageExpired: event('The time of the package is over', edition),
  PackageDestroyed: event('The package is gone, and the key it was under', {
    ...edition,
    because: oneOf('time_over', 'erasure', 'replaced'),
  }),
};
