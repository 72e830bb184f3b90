/** Policy profiles and how they resolve to the one set of values a group is run by. Pure: reading files is the loader's work. */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Rule } from '#events';
import type { OrganisationValues, ParameterName, PolicyParameters, ProfileValues } from './parameters.js';
import { profileSchema } from './schema.js';

export type { Duration, ParameterName, PolicyParameters, RemovalTrigger } from './parameters.js';

/** Where a profile's value comes from: the document's words, our reading of them, or the product's default on its silence. */
export type ProfileBasis = 'document' | 'interpretation' | 'default';

/** One value as a profile states it. */
export type Statement<N extends ParameterName> = {
  readonly value: ProfileValues[N];
  readonly basis: ProfileBasis;
  readonly obligations: readonly string[];
  readonly note?: string;
};

type Statements = { readonly [N in ParameterName]: Statement<N> };

/** A guidance document as data: `parameters` hold for all its group types, `overrides` for one of them. */
export type PolicyProfile = {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly source: {
    readonly document: string;
    readonly publisher: string;
    readonly version: string | null;
    readonly date: string | null;
  };
  readonly groupTypes: readonly { readonly id: string; readonly title: string }[];
  readonly defaults: PolicyParameters;
  readonly parameters: Statements;
  readonly overrides: { readonly [groupType: string]: Partial<Statements> };
};

/** What an organisation sets for itself, by group type; `*` holds for all of them and yields to the type's own. */
export type OrganisationOverrides = { readonly [groupType: string]: OrganisationValues };

/** A value in force, why it is so, the obligations it answers, and the layer that had the last word. */
export type ParameterValue<N extends ParameterName> = {
  readonly value: PolicyParameters[N];
  readonly basis: ProfileBasis | 'organisation';
  readonly obligations: readonly string[];
  readonly from: 'default' | 'profile' | 'group-type' | 'organisation';
  readonly note?: string;
};

/** The policy of one group type: every parameter has a value. */
export type ResolvedPolicy = {
  readonly profile: string;
  readonly version: number;
  readonly groupType: string;
  readonly parameters: { readonly [N in ParameterName]: ParameterValue<N> };
};

/** A fault in overrides: a JSON pointer and the schema rule broken, never the value. */
export type OverrideFault = { readonly field: string; readonly rule: string };

/**
 * The policy of a group type under a profile: default, then profile, then group type, then the organisation's own for
 * all types (`*`), then its own for this type. A later layer replaces a value; removal deadlines merge by trigger.
 * An organisation's value keeps the obligations of the one it replaces: the rule is the same, its reading is theirs.
 * @throws RangeError when the profile has no such group type
 */
export function resolvePolicy(
  profile: PolicyProfile,
  groupType: string,
  organisationOverrides: OrganisationOverrides = {},
): ResolvedPolicy {
  if (!profile.groupTypes.some((type) => type.id === groupType))
    throw new RangeError(`The profile ${profile.id} has no such group type`);
  const names = Object.keys(profile.defaults) as ParameterName[];
  const own = [organisationOverrides['*'], organisationOverrides[groupType]];
  const values = names.map((name) => [name, resolve(profile, groupType, own, name)]);
  const parameters = Object.fromEntries(values) as ResolvedPolicy['parameters'];
  return { profile: profile.id, version: profile.version, groupType, parameters };
}

/**
 * The group types that still have a blank, each with the parameters it has to set before the profile can be activated
 * for it (BR-57). Empty when all can be.
 */
export function unsetParameters(
  profile: PolicyProfile,
  organisationOverrides: OrganisationOverrides = {},
): { readonly groupType: string; readonly parameters: readonly ParameterName[] }[] {
  return profile.groupTypes
    .map(({ id }) => {
      const { parameters } = resolvePolicy(profile, id, organisationOverrides);
      const names = Object.keys(parameters) as ParameterName[];
      return { groupType: id, parameters: names.filter((name) => parameters[name].value === 'UNSET') };
    })
    .filter(({ parameters }) => parameters.length > 0);
}

const overridesForm = { $ref: `${profileSchema.$id}#/$defs/organisationOverrides` };
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
// Compiled on first use, and kept by ajv from then on: most processes never check an override.
ajv.addSchema(profileSchema, undefined, undefined, false);

/**
 * Checks an organisation's overrides against the JSON Schema and the profile's group types.
 * @returns the overrides, or each field at fault with the rule it breaks
 */
export function validateOverrides(
  input: unknown,
  groupTypes: PolicyProfile['groupTypes'],
): { readonly overrides: OrganisationOverrides } | { readonly faults: readonly OverrideFault[] } {
  const isOverrides = ajv.compile<OrganisationOverrides>(overridesForm);
  if (!isOverrides(input)) return { faults: distinct((isOverrides.errors ?? []).map(toFault)) };
  const known = ['*', ...groupTypes.map(({ id }) => id)];
  const unknown = Object.keys(input).filter((groupType) => !known.includes(groupType));
  if (unknown.length > 0)
    return { faults: unknown.map((groupType) => ({ field: `/${groupType}`, rule: 'groupType' })) };
  return { overrides: input };
}

/** The rule to stamp a decision with: `{ profile: 'political-party@1', parameter: 'removal_sla', obligations }`. */
export function ruleOf(policy: ResolvedPolicy, name: ParameterName): Rule {
  const { obligations } = policy.parameters[name];
  return { profile: `${policy.profile}@${policy.version}`, parameter: name, obligations };
}

function resolve<N extends ParameterName>(
  profile: PolicyProfile,
  groupType: string,
  own: readonly (OrganisationValues | undefined)[],
  name: N,
): ParameterValue<N> {
  const general = profile.parameters[name];
  const special = profile.overrides[groupType]?.[name];
  let result: ParameterValue<N> = {
    ...general,
    value: merge(name, profile.defaults[name], general.value),
    from: general.basis === 'default' ? 'default' : 'profile',
  };
  if (special) result = { ...special, value: merge(name, result.value, special.value), from: 'group-type' };
  for (const layer of own) {
    const value = layer?.[name];
    if (value === undefined) continue;
    const { obligations } = result;
    result = { value: merge(name, result.value, value), basis: 'organisation', obligations, from: 'organisation' };
  }
  return result;
}

function merge<N extends ParameterName>(
  name: N,
  earlier: PolicyParameters[N],
  later: ProfileValues[N] | OrganisationValues[N],
): PolicyParameters[N] {
  const value = name === 'removal_sla' ? { ...(earlier as object), ...(later as object) } : later;
  return value as PolicyParameters[N];
}

function toFault({ instancePath, keyword, params }: ErrorObject): OverrideFault {
  const stranger = 'additionalProperty' in params ? `/${String(params['additionalProperty'])}` : '';
  return { field: instancePath + stranger || '/', rule: keyword };
}

function distinct(faults: readonly OverrideFault[]): OverrideFault[] {
  return [...new Map(faults.map((fault) => [`${fault.field} ${fault.rule}`, fault])).values()];
}
