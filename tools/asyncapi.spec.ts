import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { toMessage } from '#bus';
import { eventTypes } from '#events';
import { asyncapiYaml } from './asyncapi.js';

const file = readFileSync(new URL('../docs/asyncapi.yaml', import.meta.url), 'utf8');
type Document = {
  channels: Record<string, { messages: Record<string, object> }>;
  components: { messages: Record<string, object> };
};
const document = parse(file) as Document;

const ajv = new Ajv({ strict: false });
formats.default(ajv);
ajv.addSchema(document, 'asyncapi');
const faults = (type: string, part: 'headers' | 'payload', value: unknown) => {
  const fits = ajv.compile({ $ref: `asyncapi#/components/messages/${type}/${part}` });
  return fits(value) ? [] : fits.errors;
};

const id = '0192f0c1-0000-7000-8000-000000000001';
const expired = {
  occurredAt: '2026-02-28T14:05:00.000Z',
  recordedAt: '2026-02-28T14:05:01.000Z',
  actor: { kind: 'system' as const, id: 'deadlines' },
  correlationId: id,
  causationId: id,
  rules: [{ profile: 'district-councils@1', parameter: 'retention_period', obligations: ['BR-57'] }],
  data: { itemId: id, retainUntil: '2026-02-28T14:05:00.000Z' },
};
const type = 'rollcall.retention.RetentionExpired.v1';

describe('docs/asyncapi.yaml', () => {
  it('is what the event language says today', () => {
    const state = file === asyncapiYaml() ? 'current' : 'stale: run `npm run docs:asyncapi` and commit the file';
    expect(state).toBe('current');
  });

  it('has every event type, in the channel of its source', () => {
    for (const [topic, { messages }] of Object.entries(document.channels)) {
      const own = eventTypes().filter(({ service }) => topic === `rollcall.${service}`);
      expect(Object.keys(messages)).toEqual(own.map((known) => known.type));
    }
    expect(Object.keys(document.components.messages)).toEqual(eventTypes().map((known) => known.type));
  });

  it('describes the headers and the value that go out', () => {
    const envelope = { ...expired, id, type, name: 'RetentionExpired', tenantId: id, streamId: `item-${id}` };
    const message = toMessage({ ...envelope, version: 2, position: 7, body: JSON.stringify(expired) });
    expect(message.topic in document.channels).toBe(true);
    expect(faults(type, 'headers', message.headers)).toEqual([]);
    expect(faults(type, 'payload', JSON.parse(message.value.toString()))).toEqual([]);
  });

  it('describes them closely enough to catch a wrong one', () => {
    expect(faults(type, 'headers', { ce_type: type })).not.toEqual([]);
    expect(faults(type, 'payload', { ...expired, actor: undefined })).not.toEqual([]);
    expect(faults(type, 'payload', { ...expired, data: { ...expired.data, itemId: 'somebody' } })).not.toEqual([]);
    expect(faults(type, 'payload', { ...expired, data: { ...expired.data, name: 'somebody' } })).not.toEqual([]);
  });
});
