import { describe, expect, it } from '@jest/globals';
import { eventTypes } from './index.js';

/** Paths of the objects within a schema that would let a field through that nobody declared. */
function openObjects(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, additionalProperties } = schema as { type?: unknown; additionalProperties?: unknown };
  const within = Object.entries(schema).flatMap(([name, part]) => openObjects(part, `${path}/${name}`));
  return type === 'object' && additionalProperties !== false ? [path, ...within] : within;
}

/** A policy profile travels whole; its own schema, and not the event's, says what may be in it. */
const PROFILE = 'rollcall.gateway.ProfileActivated.v1/properties/groupTypes';

describe('the event language', () => {
  it('lets no undeclared field into any event, at any depth, but for the policy profile it carries', () => {
    expect(eventTypes().length).toBeGreaterThan(30);
    expect(eventTypes().flatMap(({ type, schema }) => openObjects(schema, type))).toEqual([PROFILE]);
  });

  it('names events apart, by service, name and version', () => {
    for (const { type, service, name, version, description } of eventTypes()) {
      expect(type).toBe(`rollcall.${service}.${name}.v${version}`);
      expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(description.length).toBeGreaterThan(10);
    }
  });
});
