import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { ModelSection, ModelTexts } from '../../libs/domain/text/template.js';
import { TEXT_KINDS } from '../../libs/domain/text/text.js';

const PROFILES = [
  'political-party',
  'students-union',
  'council-citizen-contact',
  'parent-carer-charity',
  'district-councils',
];

const key = '^[a-z][a-z0-9_]{0,59}$';
const section = {
  type: 'object',
  required: ['topic', 'body'],
  additionalProperties: false,
  properties: {
    topic: { type: 'string', pattern: key },
    heading: { type: 'string', minLength: 1, maxLength: 100 },
    body: { type: 'string', minLength: 1, maxLength: 2000 },
    always: { type: 'boolean' },
    obligations: {
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', pattern: '^(LD|HSU|CN|AMZ|BR)-[0-9]{2,3}$' },
    },
  },
};
const sections = { type: 'array', items: section };
const byKind = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(TEXT_KINDS.map((kind) => [kind, sections])),
};
const file = {
  type: 'object',
  required: ['texts', 'documents'],
  additionalProperties: false,
  properties: {
    texts: byKind,
    groupTypes: { type: 'object', propertyNames: { pattern: '^[a-z][a-z-]*$' }, additionalProperties: byKind },
    documents: { type: 'object', propertyNames: { pattern: key }, additionalProperties: sections },
  },
};

type Written = Pick<ModelSection, 'topic' | 'body' | 'heading'> & Partial<Pick<ModelSection, 'always' | 'obligations'>>;
type WrittenByKind = Readonly<Record<string, readonly Written[]>>;
type File = {
  readonly texts: WrittenByKind;
  readonly groupTypes?: Readonly<Record<string, WrittenByKind>>;
  readonly documents: WrittenByKind;
};
const isFile = new Ajv2020({ strict: true, allErrors: true }).compile<File>(file);

/** The model texts that ship with the product: those for all, and those of each profile by its id. */
export type Models = { readonly general: ModelTexts; readonly profiles: ReadonlyMap<string, ModelTexts> };

/**
 * Reads the model texts that ship with the product.
 * @throws Error naming file and path on a shipped file that does not fit: a fault of the installation
 */
export function loadModelTexts(): Models {
  return { general: read('general'), profiles: new Map(PROFILES.map((id) => [id, read(id)])) };
}

function read(name: string): ModelTexts {
  return parseModelTexts(`${name}.yaml`, readFileSync(new URL(`./${name}.yaml`, import.meta.url), 'utf8'));
}

/** The model texts in the text of a file. Throws as `loadModelTexts` does. */
export function parseModelTexts(name: string, text: string): ModelTexts {
  const content: unknown = parse(text);
  if (!isFile(content)) {
    const faults = (isFile.errors ?? []).map(({ instancePath, message }: ErrorObject) => `${instancePath} ${message}`);
    throw new Error(`${name}: ${faults.join('; ')}`);
  }
  const { texts, groupTypes = {}, documents } = content;
  return {
    texts: whole(texts),
    groupTypes: Object.fromEntries(Object.entries(groupTypes).map(([type, kinds]) => [type, whole(kinds)])),
    documents: whole(documents),
  };
}

function whole(kinds: WrittenByKind): Readonly<Record<string, readonly ModelSection[]>> {
  const fill = (written: Written): ModelSection => ({ always: false, obligations: [], ...written });
  return Object.fromEntries(Object.entries(kinds).map(([kind, written]) => [kind, written.map(fill)]));
}
