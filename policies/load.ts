import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { PolicyParameters } from '../libs/domain/policy/parameters.js';
import type { PolicyProfile } from '../libs/domain/policy/policy.js';
import { profileSchema } from '../libs/domain/policy/schema.js';

/** The shipped profiles, one file each, named after the profile's id. */
const PROFILE_IDS = [
  'political-party',
  'students-union',
  'council-citizen-contact',
  'parent-carer-charity',
  'district-councils',
];

type DefaultsFile = { readonly parameters: { readonly [name: string]: { readonly default: unknown } } };

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
const isProfile = ajv.compile<Omit<PolicyProfile, 'defaults'>>(profileSchema);
const isDefaults = ajv.compile<DefaultsFile>({ $ref: `${profileSchema.$id}#/$defs/defaults` });

/**
 * Reads the five profiles that ship with the product, by id.
 * @throws Error naming file and path on a shipped file that does not fit the schema: a fault of the installation
 */
export function loadProfiles(): ReadonlyMap<string, PolicyProfile> {
  const defaults = parseDefaults('defaults.yaml', read('defaults.yaml'));
  return new Map(PROFILE_IDS.map((id) => [id, parseProfile(`${id}.yaml`, read(`${id}.yaml`), defaults)]));
}

/** The default of every parameter, from the text of `defaults.yaml`. Throws as `loadProfiles` does. */
export function parseDefaults(file: string, text: string): PolicyParameters {
  const { parameters } = checked(file, text, isDefaults);
  const values = Object.entries(parameters).map(([name, described]) => [name, described.default]);
  return Object.fromEntries(values) as PolicyParameters;
}

/** A profile from the text of its file. Throws as `loadProfiles` does. */
export function parseProfile(file: string, text: string, defaults: PolicyParameters): PolicyProfile {
  const profile = checked(file, text, isProfile);
  const types = profile.groupTypes.map(({ id }) => id);
  const stranger = Object.keys(profile.overrides).find((groupType) => !types.includes(groupType));
  if (stranger) throw new Error(`${file}: /overrides/${stranger} is no group type of the profile`);
  return { ...profile, defaults };
}

function read(file: string): string {
  return readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
}

function checked<T>(file: string, text: string, fits: ValidateFunction<T>): T {
  const content: unknown = parse(text);
  if (fits(content)) return content;
  const faults = (fits.errors ?? []).map(({ instancePath, message }: ErrorObject) => `${instancePath} ${message}`);
  throw new Error(`${file}: ${faults.join('; ')}`);
}
