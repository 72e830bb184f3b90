import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import {
  organisation,
  resolvePolicy,
  ruleOf,
  unsetParameters,
  validateOverrides,
  type OrganisationOverrides,
  type PolicyProfile,
} from '#domain';
import {
  activePolicies,
  Command,
  Incoming,
  invalid,
  notFound,
  Read,
  reply,
  Resource,
  ServiceKit,
  type Call,
  type CallOf,
  type Slice,
} from '#nest';
import { loadProfiles } from '../../../policies/load.js';

const Activate = Type.Object(
  {
    groupTypes: Type.Optional(
      Type.Array(Type.String({ maxLength: 80 }), {
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        description: 'All of the profile’s unless said',
      }),
    ),
    overrides: Type.Optional(
      Type.Record(Type.String({ maxLength: 80 }), Type.Unknown(), {
        description: 'The organisation’s own values: group type or * → parameter → value',
      }),
    ),
  },
  { additionalProperties: false },
);

/** The shipped profiles, and which of them is in force. */
@Resource('profiles', 'Policy')
export class ProfilesController {
  private readonly profiles = loadProfiles();
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'auditor', 'moderator'],
    summary: 'The profiles that can be activated, with what nobody has set yet',
  })
  list() {
    return {
      items: [...this.profiles.values()].map((profile) => ({
        profile: profile.id,
        version: profile.version,
        title: profile.title,
        source: profile.source,
        groupTypes: profile.groupTypes,
        unset: unsetParameters(profile),
      })),
    };
  }

  @Read('active', {
    scopes: ['admin', 'auditor', 'moderator'],
    summary: 'The policy in force for each group type, every value with its source',
  })
  async active(@Incoming() { tx }: Call) {
    return { items: [...(await activePolicies(tx)).values()] };
  }

  @Read(':profile', { scopes: ['admin', 'auditor', 'moderator'], summary: 'One profile as it was written' })
  show(@Incoming() { params }: Call) {
    return this.profile(params['profile']!);
  }

  @Read(':profile/groupTypes/:groupType', {
    scopes: ['admin', 'auditor', 'moderator'],
    summary: 'What the profile says for a group type once defaults are filled in',
  })
  resolved(@Incoming() { params }: Call) {
    const profile = this.profile(params['profile']!);
    if (!profile.groupTypes.some(({ id }) => id === params['groupType'])) throw notFound('group type');
    return resolvePolicy(profile, params['groupType']!);
  }

  @Command(':profile/activate', {
    scopes: ['admin'],
    summary: 'Puts a profile in force for its group types',
    description:
      'Refused while a value of a wanted group type is UNSET (BR-57); the organisation sets it in overrides.',
    body: Activate,
  })
  async activate(@Incoming() { tx, params, body, cause, principal, expectedVersion }: CallOf<typeof Activate>) {
    const profile = this.profile(params['profile']!);
    const types = profile.groupTypes.map(({ id }) => id);
    const wanted = body.groupTypes ?? types;
    const strangers = wanted.filter((type) => !types.includes(type));
    if (strangers.length > 0) throw invalid([{ field: 'body/groupTypes', rule: `must be among ${types.join(', ')}` }]);
    const overrides = this.overrides(body.overrides, profile);
    const groupTypes = Object.fromEntries(wanted.map((type) => [type, resolvePolicy(profile, type, overrides)]));
    const unset = unsetParameters(profile, overrides).flatMap(({ groupType, parameters }) =>
      parameters.map((parameter) => ({ groupType, parameter })),
    );
    const rules = unset
      .filter(({ groupType }) => wanted.includes(groupType))
      .map(({ groupType, parameter }) => ruleOf(groupTypes[groupType]!, parameter));
    const [outcome] = await this.kit.commands.execute(tx, organisation, cause, [
      {
        id: principal.tenantId,
        command: {
          name: 'ActivateProfile',
          data: { profile: profile.id, version: profile.version, groupTypes, unset, rules },
        },
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      },
    ]);
    return reply(outcome!, { profile: profile.id, version: profile.version, groupTypes: wanted });
  }

  private overrides(input: unknown, profile: PolicyProfile): OrganisationOverrides {
    if (input === undefined) return {};
    const checked = validateOverrides(input, profile.groupTypes);
    if ('faults' in checked)
      throw invalid(checked.faults.map(({ field, rule }) => ({ field: `body/overrides${field}`, rule })));
    return checked.overrides;
  }

  private profile(id: string): PolicyProfile {
    const profile = this.profiles.get(id);
    if (!profile) throw notFound('profile');
    return profile;
  }
}

export const profiles: Slice = { controllers: [ProfilesController] };
