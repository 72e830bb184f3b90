import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { loadProfiles } from '../../../policies/load.js';
import { eventType, type RecordedEvent, typeOf } from '#events';
import { specify } from '../../testing/specs.js';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, record } from '../decider.js';
import { resolvePolicy, ruleOf, unsetParameters } from '../policy/policy.js';
import { organisation, type OrganisationCommands } from './organisation.js';

const organisationId = '0192f0c1-0000-7000-8000-000000000001';
const registration = { organisationId, timeZone: 'Europe/London' };
const registering = { name: 'Register', data: registration } as const;
const registered = record('OrganisationRegistered', registration);

// The councils' profile leaves the years to keep emergency messages blank.
const councils = loadProfiles().get('district-councils')!;
const [blank] = unsetParameters(councils);
const emergency = blank!.groupType;
const chat = councils.groupTypes.find(({ id }) => id !== emergency)!.id;
const years = { [emergency]: { retention_period: 'P2Y' as const } };
const unset = unsetParameters(councils).flatMap(({ groupType, parameters }) =>
  parameters.map((parameter) => ({ groupType, parameter: parameter as string })),
);
const rules = [ruleOf(resolvePolicy(councils, emergency), 'retention_period')];
const { id: profile, version } = councils;

function activating(groupTypes: string[], overrides = {}, blanks = unset) {
  const policies = groupTypes.map((id) => [id, resolvePolicy(councils, id, overrides)] as const);
  const data = { profile, version, groupTypes: Object.fromEntries(policies), unset: blanks, rules };
  return { name: 'ActivateProfile', data } as const;
}

function activated(activation: number, groupTypes: string[], overrides = {}) {
  const data = activating(groupTypes, overrides).data;
  return record('ProfileActivated', { profile, version, activation, groupTypes: data.groupTypes });
}

const { given } = specify(organisation);

describe('organisation', () => {
  it('is registered in a time zone, once', () => {
    given().when(registering).expectEvents(registered);
    given(registered).when(registering).expectNothing();
  });

  it('refuses another time zone: limits that run were counted in the first', () => {
    given(registered)
      .when({ name: 'Register', data: { ...registration, timeZone: 'Europe/Dublin' } })
      .expectRefused('AlreadyRegistered');
  });

  it('[BR-57] refuses to activate a profile for a group type with a blank, and keeps the attempt as evidence', () => {
    const evidence = [record('ProfileActivationRefused', { profile, version, unset })];
    given(registered)
      .when(activating([emergency, chat]))
      .expectRefused('ProfileHasUnsetValues', { parameter: 'retention_period', obligations: ['BR-57'], evidence });
  });

  it('[BR-57] activates the same profile for a group type without blanks', () => {
    given(registered)
      .when(activating([chat]))
      .expectEvents({ ...activated(1, [chat]), rules });
  });

  it('[BR-57] activates the profile once the organisation has set the years, and counts up', () => {
    given(registered, activated(1, [chat]))
      .when(activating([emergency], years, []))
      .expectEvents(activated(2, [emergency], years));
  });

  it('finds nothing new in the same profile, version and values', () => {
    given(registered, activated(1, [chat]), activated(2, [emergency], years))
      .when(activating([chat, emergency], years, []))
      .expectNothing();
  });

  it('activates anew where one value differs', () => {
    const more = { [emergency]: { retention_period: 'P3Y' as const } };
    given(registered, activated(1, [chat, emergency], years))
      .when(activating([chat, emergency], more, []))
      .expectEvents(activated(2, [chat, emergency], more));
  });

  it('refuses an activation for no group type, and one by nobody registered', () => {
    given(registered).when(activating([])).expectRefused('NoGroupType');
    given()
      .when(activating([chat]))
      .expectRefused('NotRegistered');
  });

  it('[BR-57] whatever comes, the history folds, fits the event language, and activations count from 1', () => {
    const wish: fc.Arbitrary<CommandOf<OrganisationCommands>> = fc.constantFrom(
      registering,
      activating([chat]),
      activating([chat, emergency]),
      activating([emergency], years, []),
    );
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 12 }), (wishes) => {
        const history = wishes.reduce(carryOn, []);
        for (const { name, data } of history) expect(eventType(typeOf('gateway', name))!.faults(data)).toEqual([]);
        const numbers = history.flatMap(({ data }) => ('activation' in data ? [data['activation']] : []));
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      }),
    );
  });
});

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;

/** The history after one more wish, read back from its stored text. */
function carryOn(history: readonly Past[], { name, data }: CommandOf<OrganisationCommands>): Past[] {
  const now = '2026-01-01T12:00:00.000Z';
  const rows: Record<string, unknown> = organisation.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<Record<string, object>>;
  const decision = decide(data, fold(organisation, history), { occurredAt: now, now });
  const events = isRefusal(decision) ? decision.evidence : decision;
  const recorded = events.map((event) => ({ ...event, id: 'e', occurredAt: now }));
  return [...history, ...(JSON.parse(JSON.stringify(recorded)) as Past[])];
}
