import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { ParameterName } from '../libs/domain/policy/parameters.js';
import { profileSchema } from '../libs/domain/policy/schema.js';
import { loadProfiles, parseDefaults, parseProfile } from './load.js';

const text = (file: string) => readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
const json = (file: string): unknown => JSON.parse(text(file));
const profiles = loadProfiles();
const defaults = parseDefaults('defaults.yaml', text('defaults.yaml'));
const names = Object.keys(defaults) as ParameterName[];
const catalogue = new Set((json('obligations.json') as { id: string }[]).map(({ id }) => id));

/** Every statement of a profile with the place it stands, general ones first. */
function statements(id: string) {
  const profile = profiles.get(id);
  if (!profile) throw new Error(`no profile ${id}`);
  const layers = [['parameters', profile.parameters] as const, ...Object.entries(profile.overrides)];
  return layers.flatMap(([layer, values]) =>
    Object.entries(values).map(([name, statement]) => ({
      at: `${layer}/${name}`,
      name: name as ParameterName,
      ...statement,
    })),
  );
}

describe('the published schema', () => {
  it('is the one the product checks by (print it anew when this fails)', () => {
    expect(json('profile.schema.json')).toEqual(JSON.parse(JSON.stringify(profileSchema)));
  });

  it('knows exactly 40 parameters', () => {
    expect(names).toHaveLength(40);
  });
});

describe.each([...profiles.keys()])('the profile %s', (id) => {
  it('fits the published schema', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    const fits = ajv.compile(json('profile.schema.json') as object);
    expect([fits(parse(text(`${id}.yaml`))), fits.errors]).toEqual([true, null]);
  });

  it('bears the name of its file', () => {
    expect(profiles.get(id)?.id).toBe(id);
  });

  it('states all 40 parameters', () => {
    expect(Object.keys(profiles.get(id)?.parameters ?? {}).sort()).toEqual([...names].sort());
  });

  it('cites only obligations of the catalogue', () => {
    const cited = text(`${id}.yaml`).match(/\b(?:LD|HSU|CN|AMZ|BR)-\d+/g) ?? [];
    expect(cited.filter((obligation) => !catalogue.has(obligation))).toEqual([]);
    expect(cited.length).toBeGreaterThan(20);
  });

  it('cites in each statement whatever its rows cite', () => {
    const astray = statements(id).filter(({ value, obligations }) => {
      const rows = Array.isArray(value) ? value : [];
      const cited = rows.flatMap((row) => (typeof row === 'object' && 'obligations' in row ? row.obligations : []));
      return cited.some((obligation) => !obligations.includes(obligation));
    });
    expect(astray).toEqual([]);
  });

  it('calls default what is the default, and nothing else', () => {
    const ofDefault = statements(id).filter(({ basis }) => basis === 'default');
    for (const { at, name, value } of ofDefault)
      expect([at, value]).toEqual([at, name === 'removal_sla' ? {} : defaults[name]]);
    expect(ofDefault.length).toBeGreaterThan(0);
  });

  it('explains every reading of its own', () => {
    const unexplained = statements(id).filter(({ basis, note }) => basis === 'interpretation' && !note);
    expect(unexplained.map(({ at }) => at)).toEqual([]);
  });

  it('names an obligation for every value it draws from the document', () => {
    const unfounded = statements(id).filter(
      ({ basis, obligations }) => basis === 'document' && obligations.length === 0,
    );
    expect(unfounded.map(({ at }) => at)).toEqual([]);
  });
});

describe('a faulty file', () => {
  const party = text('political-party.yaml');
  const faulty = (from: string, to: string) => () => {
    expect(party).toContain(from);
    return parseProfile('x.yaml', party.replace(from, to), defaults);
  };

  it.each([
    ['an unknown parameter', 'guest_access:', 'guests:', 'x.yaml: /parameters '],
    ['a value outside the list', 'time_boxed', 'forever', 'x.yaml: /parameters/guest_access/value '],
    ['an age beyond 120', 'value: 18', 'value: 180', 'x.yaml: /parameters/min_age/value '],
    ['a duration of nothing', 'on_request: PT1H', 'on_request: PT0H', '/parameters/removal_sla/value/on_request '],
    ['a duration that is not ISO 8601', 'P60D', '60 days', '/parameters/idle_close_after/value '],
    ['a trigger nobody knows', 'activity_ended', 'bored', '/parameters/removal_sla/value '],
    ['an unknown basis', 'basis: document', 'basis: hearsay', '/basis '],
    ['an override for no group type', 'overrides: {}', 'overrides: { club: {} }', '/overrides/club '],
  ])('is refused with file and path: %s', (_fault, from, to, place) => {
    expect(faulty(from, to)).toThrow(place);
  });

  it('is refused where defaults leave out a removal trigger', () => {
    const gap = text('defaults.yaml').replace('      conduct: P2D\n', '');
    expect(() => parseDefaults('defaults.yaml', gap)).toThrow('defaults.yaml: /parameters/removal_sla/default ');
  });
});
