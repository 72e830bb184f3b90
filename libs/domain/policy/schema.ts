/**
 * The JSON Schema (2020-12) of policy files, built from the parameter declarations so that types and checks cannot part.
 * `policies/profile.schema.json` is this value in print; a test keeps the two equal.
 */
import { obligationIds, parameterSchemas, profileValueSchemas } from './parameters.js';

const exactly = { type: 'object', additionalProperties: false };
const text = { type: 'string', minLength: 1, maxLength: 600 };
const textOrNull = { type: ['string', 'null'], minLength: 1, maxLength: 100 };
const slug = { type: 'string', pattern: '^[a-z][a-z0-9-]{1,39}$' };
const basis = { enum: ['document', 'interpretation', 'default'] };
const names = Object.keys(parameterSchemas);

const ref = (definition: string) => ({ $ref: `#/$defs/${definition}` });
const each = (form: (name: string) => object) => Object.fromEntries(names.map((name) => [name, form(name)]));
const record = (properties: Record<string, object>, optional: readonly string[] = []) => ({
  ...exactly,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const values = Object.entries(profileValueSchemas).map(([name, schema]) => [`value.${name}`, schema] as const);
const stated = (name: string) =>
  record({ value: ref(`value.${name}`), basis: ref('basis'), obligations: ref('obligations'), note: text }, ['note']);
const neverBlank = (name: string) =>
  name === 'retention_period' ? { ...ref(`value.${name}`), not: { const: 'UNSET' } } : ref(`value.${name}`);
const described = (name: string) =>
  record({
    type: text,
    description: text,
    default: name === 'removal_sla' ? parameterSchemas.removal_sla : ref(`value.${name}`),
  });

/** Root: a profile. `#/$defs/defaults` is the form of `defaults.yaml`, `#/$defs/organisationOverrides` of what an organisation sets. */
export const profileSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:rollcall:policy-profile',
  title: 'Policy profile',
  ...record({
    id: slug,
    version: { type: 'integer', minimum: 1 },
    title: text,
    source: record({ document: text, publisher: text, version: textOrNull, date: textOrNull }),
    groupTypes: { type: 'array', minItems: 1, items: record({ id: slug, title: text }) },
    parameters: record(each((name) => ref(`stated.${name}`))),
    overrides: {
      type: 'object',
      propertyNames: slug,
      additionalProperties: { ...exactly, properties: each((name) => ref(`stated.${name}`)) },
    },
  }),
  $defs: {
    basis,
    obligations: obligationIds,
    ...Object.fromEntries(values),
    ...Object.fromEntries(names.map((name) => [`stated.${name}`, stated(name)])),
    defaults: record({ parameters: record(each(described)) }),
    organisationOverrides: {
      type: 'object',
      propertyNames: { anyOf: [{ const: '*' }, slug] },
      additionalProperties: { ...exactly, properties: each(neverBlank) },
    },
  },
};
