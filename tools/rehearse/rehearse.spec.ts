import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openApp, type TestApp } from '../../apps/standalone/testing.js';
import { actions, requestFor } from './actions.js';
import { schema } from './format.js';
import { aliases } from './names.js';
import { playAll, type Report } from './play.js';
import { BadRehearsal, readRehearsal, type Story } from './read.js';
import { inLines, summary, tally } from './report.js';
import { instantOf, wallClock } from './times.js';

const root = join(import.meta.dirname, '..', '..');
const files = readdirSync(join(root, 'rehearsals')).filter((file) => file.endsWith('.yaml'));
const text = (file: string) => readFileSync(join(root, 'rehearsals', file), 'utf8');
const SCHEMA = join(root, 'docs', 'guide', 'rehearsal.schema.json');

/** The shortest story there is, with some of it replaced. */
const small = (more: object = {}) =>
  stringify({
    title: 'Small',
    obligations: ['LD-03'],
    clock: '2026-03-23 09:00',
    organisation: { profile: 'political-party', overrides: { '*': { agreement_topics: [] } } },
    people: { anna: { statuses: [{ category: 'member' }], dateOfBirth: '1980-02-11' } },
    groups: { ward: { groupType: 'party-group', admins: ['anna'] } },
    steps: [{ at: '2026-03-24 10:00', expect: { events: [], noOther: ['events'] } }],
    ...more,
  });
const faultsOf = (content: string): string => {
  try {
    readRehearsal('wrong.yaml', content);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(BadRehearsal);
    return (error as Error).message;
  }
};
const step = (fields: object) => small({ steps: [{ at: '2026-03-24 10:00', ...fields }] });

describe('a rehearsal file', () => {
  it('is described by the published schema (UPDATE_DOCS=1 writes it)', () => {
    if (process.env['UPDATE_DOCS']) writeFileSync(SCHEMA, JSON.stringify(schema, null, 2));
    expect(JSON.parse(readFileSync(SCHEMA, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it.each(files)('%s can be read', (file) => {
    expect(readRehearsal(file, text(file)).length).toBeGreaterThan(0);
  });

  it.each([
    ['no YAML', 'title: [', 'wrong.yaml: '],
    ['a field nobody knows', small({ titel: 'x' }), 'wrong.yaml: / must NOT have additional properties: titel'],
    ['a missing field', small({ people: undefined }), "wrong.yaml: / must have required property 'people'"],
    [
      'an action nobody knows',
      step({ do: { dance: {} } }),
      'wrong.yaml: /steps/0/do must NOT have additional properties: dance',
    ],
    [
      'an action without what it needs',
      step({ do: { addMember: { group: 'ward' } } }),
      "wrong.yaml: /steps/0/do/addMember must have required property 'person'",
    ],
    [
      'a person nobody introduced',
      step({ do: { addMember: { group: 'ward', person: 'zoe' } } }),
      'wrong.yaml: /steps/0/do/addMember there is no person called zoe',
    ],
    [
      'an expected person nobody introduced',
      step({ expect: { noEvents: [{ name: 'MemberAdded', person: 'zoe' }] } }),
      'wrong.yaml: /steps/0/expect/noEvents there is no person called zoe',
    ],
    [
      'an event that does not exist',
      step({ expect: { noEvents: [{ name: 'MemberAddded' }] } }),
      'wrong.yaml: /steps/0/expect/noEvents must name events: there is none called MemberAddded',
    ],
    [
      'no time',
      small({ clock: '2026-02-30 09:00' }),
      'wrong.yaml: /clock must be a time of the calendar between 1900 and 2200',
    ],
    [
      'a time that happens twice',
      small({ clock: '2025-10-26 01:30' }),
      'wrong.yaml: /clock 2025-10-26 01:30 does not happen, or happens twice, in Europe/London',
    ],
    [
      'steps in the wrong order',
      step({ at: '2026-03-22 10:00' }),
      'wrong.yaml: /steps/0/at must not be before the step before it',
    ],
    ['a zone nobody knows', small({ zone: 'Europe/Atlantis' }), 'wrong.yaml: /zone must be an IANA time zone'],
    [
      'a variant of no step',
      small({ variants: [{ title: 'v', from: 'nowhere', steps: [{ at: '2026-03-24 10:00' }] }] }),
      'wrong.yaml: /variants/0/from must be the name of a step: there is none called nowhere',
    ],
  ])('with %s is refused with file, path and rule', (_, content, fault) => {
    expect(faultsOf(content)).toContain(fault);
  });

  it('tells everything that is wrong at once', () => {
    expect(
      faultsOf(small({ clock: '2026-02-30 09:00', zone: undefined, steps: [{ at: '2026-13-01 10:00' }] })).split('\n'),
    ).toHaveLength(2);
  });

  it('lets a variant follow the story up to a step and go its own way from there', () => {
    const [, variant] = readRehearsal(
      'v.yaml',
      small({
        steps: [
          { at: '2026-03-24 10:00', note: 'first' },
          { at: '2026-03-25 10:00', note: 'second', name: 'turn' },
        ],
        variants: [{ title: 'other', from: 'turn', steps: [{ at: '2026-03-24 12:00', note: 'instead' }] }],
      }),
    );
    expect(variant!.steps.map(({ note }) => note)).toEqual(['first', 'instead']);
  });
});

describe('times', () => {
  it('are read on the wall clock of the zone, or with their offset', () => {
    expect(instantOf('2026-05-07 22:00', 'Europe/London')).toBe('2026-05-07T21:00:00.000Z');
    expect(instantOf('2026-05-07T22:00:00+02:00', 'Europe/London')).toBe('2026-05-07T20:00:00.000Z');
    expect(wallClock('2026-05-07T21:00:00.000Z', 'Europe/London')).toBe('2026-05-07 22:00');
  });
});

describe('actions', () => {
  const names = aliases('0192f0c1-0000-7000-8000-000000000001');
  const context = { names, zone: 'Europe/London', at: '2026-05-07T21:00:00.000Z' };
  names.introduce('person', 'ada');
  names.introduce('group', 'ward');

  it('put ids for aliases and instants for times, and happen at the time of the step', () => {
    expect(requestFor('extendGuest', { group: 'ward', person: 'ada', until: '2026-05-14 22:00' }, context)).toEqual({
      method: 'POST',
      path: `/v1/groups/${names.id('group', 'ward')}/members/${names.id('person', 'ada')}/extend-guest`,
      body: { until: '2026-05-14T21:00:00.000Z', occurredAt: context.at },
    });
  });

  it('name people to feeds by an identifier of theirs', () => {
    const statement = {
      id: 'r-1',
      type: 'LeaverReported',
      person: 'ada',
      category: 'member',
      leavesAt: '2026-05-07 22:00',
    };
    expect(requestFor('feed', [statement], context).body).toEqual([
      {
        specversion: '1.0',
        id: 'r-1',
        source: '/rehearsal/hr',
        type: 'rollcall.feeds.LeaverReported.v1',
        time: context.at,
        datacontenttype: 'application/json',
        data: { subject: { kind: 'crmId', value: 'ada' }, category: 'member', leavesAt: context.at },
      },
    ]);
  });

  it('that no row foresees can be sent as requests', () => {
    const wish = { method: 'GET', path: '/v1/people/{person:ada}' };
    expect(requestFor('request', wish, context)).toEqual({
      method: 'GET',
      path: `/v1/people/${names.id('person', 'ada')}`,
    });
  });

  it('are all described in the guide', () => {
    const guide = readFileSync(join(root, 'docs', 'guide', 'rehearsals.md'), 'utf8');
    expect(Object.keys(actions).filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('on the running product', () => {
  const stories = files.flatMap((file) => readRehearsal(file, text(file)));
  let app: TestApp;
  const fresh = async (played: readonly Story[]) => openApp({ at: played.map(({ start }) => start).sort()[0]! });
  beforeAll(async () => {
    app = await fresh(stories);
  });
  afterAll(() => app.close());

  it('[LD-03] [LD-04] [LD-05] [LD-09] [LD-10] [LD-11] [LD-13] [LD-37] [LD-39] every expectation of every story holds, all on one system', async () => {
    const reports = await playAll(stories, app);
    const failing = reports.filter((report) => tally([report]).failed > 0);
    expect(failing.map(inLines).join('\n')).toBe('');
    expect(reports).toHaveLength(stories.length);
    expect(tally(reports).judged).toBeGreaterThan(200);
  }, 900_000);

  it('refuses a system on real time', async () => {
    const system = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ now: new Date().toISOString(), clock: 'system' }));
    });
    await new Promise<void>((resolve) => system.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(system.address() as AddressInfo).port}`;
    await expect(playAll(stories, { url, key: 'k' })).rejects.toThrow(/runs on real time/);
    await new Promise((resolve) => system.close(resolve));
  });

  it('refuses a story that begins before the present of the clock', async () => {
    await expect(playAll(stories.slice(0, 1), app)).rejects.toThrow(/only goes forward/);
  });
});

describe('a wrong expectation', () => {
  const play = async (content: string): Promise<Report> => {
    const stories = readRehearsal('wrong.yaml', content);
    const app = await openApp({ at: stories[0]!.start });
    try {
      return (await playAll(stories, app))[0]!;
    } finally {
      await app.close();
    }
  };

  it('[LD-05] of a story that holds is told, with what was found instead, and nothing else is', async () => {
    const right = text('s2-take-me-out.yaml');
    const content = parse(right.replaceAll('dueAt: 2026-05-14 22:40', 'dueAt: 2026-05-14 23:40')) as {
      variants: unknown;
    };
    const report = await play(stringify({ ...content, variants: [] }));
    const wrong = report.steps.flatMap(({ verdicts }) => verdicts).filter(({ ok }) => !ok);
    expect(wrong.map(({ text: what }) => what.split(',')[0])).toEqual([
      'event RemovalTaskOpened',
      'no other event',
      'tasks: person rosa',
      'tasks: no other',
    ]);
    expect(wrong[0]!.found).toContain('dueAt 2026-05-14 22:40');
    expect(inLines(report)).toContain('but found:');
    expect(summary([report])).toMatch(/4 do not hold/);
  });

  it('of whatever kind is told', async () => {
    const expected = {
      answers: { status: 418 },
      noEvents: [{ name: 'AdmissionRefused', person: 'zoe' }],
      refused: { code: 'ConsentMissing', parameter: 'min_age' },
      tasks: [{ person: 'anna', group: 'ward' }],
      consents: [{ person: 'anna', state: 'given' }],
      alternativeChannels: [{ person: 'anna', state: 'open' }],
      discrepancies: [{ state: 'open' }],
      retentionItems: [{ item: 'x' }],
      deletionTasks: [{ item: 'x' }],
      roster: { group: 'ward', people: ['anna'] },
      history: { person: 'zoe', names: [] },
      story: { person: 'anna', group: 'ward', names: ['MemberAdded'] },
    };
    const people = { anna: { statuses: [{ category: 'member' }] }, zoe: {} };
    const does = { do: { addMember: { group: 'ward', person: 'zoe' } }, at: '2026-03-24 10:00' };
    const report = await play(
      small({
        people,
        steps: [
          { ...does, expect: expected },
          { ...does, expect: { events: [], noOther: ['events', 'tasks'] } },
        ],
      }),
    );
    expect(report.steps[0]!.verdicts.filter(({ ok }) => ok)).toEqual([]);
    expect(report.steps[0]!.verdicts).toHaveLength(Object.keys(expected).length);
    expect(report.steps[1]!.verdicts.map(({ ok, text: what }) => [ok, what])).toEqual([
      [false, 'accepted'],
      [false, 'no other event'],
      [true, 'tasks: no other'],
    ]);
  });

  it('a story that cannot go on says why', async () => {
    const report = await play(small({ organisation: { profile: 'no-such-profile' } }));
    expect(report.steps).toHaveLength(1);
    expect(report.steps[0]!.verdicts[0]!.found).toMatch(/activate: 404/);
  });
});
