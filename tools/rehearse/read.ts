/** From the text of a rehearsal file to the stories it tells. */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parseDocument } from 'yaml';
import { eventTypes } from '#events';
import { requestFor } from './actions.js';
import { type Expectations, type RehearsalFile, schema, type StepOfFile } from './format.js';
import { aliases, type Names } from './names.js';
import { instantOf } from './times.js';

/** A file that cannot be played; the message has a line for each fault: file, path, rule. */
export class BadRehearsal extends Error {
  override readonly name = 'BadRehearsal';
}

/** One moment of a story: what is done at `at` (UTC), and what has to be so afterwards. */
export interface Step {
  readonly at: string;
  readonly note: string;
  /** The person on whose behalf it is done. */
  readonly by?: string;
  readonly action?: { readonly name: string; readonly input: unknown };
  readonly expect: Expectations;
}

/** The story of a file, or one variant of it; it is played in an organisation of its own. */
export interface Story extends Pick<
  RehearsalFile,
  'organisation' | 'people' | 'activities' | 'groups' | 'obligations'
> {
  readonly file: string;
  readonly title: string;
  readonly zone: string;
  /** When it begins, UTC. */
  readonly start: string;
  readonly steps: readonly Step[];
}

type Place = { readonly path: string; readonly step: StepOfFile };

const fits = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile<RehearsalFile>(schema);

/** The story of a file and its variants, in the order of the file. Throws BadRehearsal with everything that is wrong. */
export function readRehearsal(file: string, text: string): Story[] {
  const document = parseDocument(text);
  const [unreadable] = document.errors;
  if (unreadable) throw new BadRehearsal(`${file}: ${unreadable.message}`);
  const content: unknown = document.toJS();
  if (!fits(content)) throw new BadRehearsal((fits.errors ?? []).map((fault) => `${file}: ${rule(fault)}`).join('\n'));
  const faults: string[] = [];
  const note = (path: string, broken: string) => void faults.push(`${file}: ${path} ${broken}`);
  const stories = storiesOf(file, content, note);
  if (faults.length > 0) throw new BadRehearsal([...new Set(faults)].join('\n'));
  return stories;
}

function rule({ instancePath, message, keyword, params }: ErrorObject): string {
  const more: Record<string, unknown> = {
    additionalProperties: `: ${String(params['additionalProperty'])}`,
    enum: `: ${(params['allowedValues'] as string[] | undefined)?.join(', ')}`,
  };
  return `${instancePath || '/'} ${message}${(more[keyword] as string | undefined) ?? ''}`;
}

type Fault = (path: string, rule: string) => void;

function storiesOf(file: string, content: RehearsalFile, fault: Fault): Story[] {
  const { title, zone = 'Europe/London', clock, variants = [], steps } = content;
  if (!Intl.supportedValuesOf('timeZone').includes(zone)) {
    fault('/zone', 'must be an IANA time zone, such as Europe/London');
    return [];
  }
  const start = timeAt('/clock', clock, zone, fault);
  const base = steps.map((step, index): Place => ({ path: `/steps/${index}`, step: step as StepOfFile }));
  const story = (heading: string, places: readonly Place[]): Story => {
    const read = places.map(({ path, step }) => stepOf(path, step, zone, fault));
    checkOrder(places, read, start, fault);
    checkNames(content, places, { zone, start }, fault);
    const { organisation, people, activities, groups, obligations } = content;
    return { file, title: heading, zone, start, organisation, people, activities, groups, obligations, steps: read };
  };
  return [
    story(title, base),
    ...variants.map(({ title: heading, from, steps: own }, nth) => {
      const cut = from === undefined ? 0 : base.findIndex(({ step }) => step.name === from);
      if (cut < 0) fault(`/variants/${nth}/from`, `must be the name of a step: there is none called ${from}`);
      const places = own.map((step, index) => ({ path: `/variants/${nth}/steps/${index}`, step: step as StepOfFile }));
      return story(`${title}: ${heading}`, [...base.slice(0, Math.max(cut, 0)), ...places]);
    }),
  ];
}

function stepOf(path: string, { at, note, by, do: wish, expect = {} }: StepOfFile, zone: string, fault: Fault): Step {
  const [name, input] = Object.entries(wish ?? {})[0] ?? [];
  return {
    at: timeAt(`${path}/at`, at, zone, fault),
    note: note ?? name ?? 'Time passes',
    ...(by ? { by } : {}),
    ...(name ? { action: { name, input } } : {}),
    expect,
  };
}

function timeAt(path: string, text: string, zone: string, fault: Fault): string {
  try {
    const instant = instantOf(text, zone);
    if (instant) return instant;
    fault(path, 'must be a time of the calendar between 1900 and 2200');
  } catch (error) {
    fault(path, (error as Error).message);
  }
  return '';
}

function checkOrder(places: readonly Place[], steps: readonly Step[], start: string, fault: Fault): void {
  steps.forEach(({ at }, index) => {
    if (at < (steps[index - 1]?.at ?? start))
      fault(`${places[index]!.path}/at`, 'must not be before the step before it');
  });
}

/** Builds every request once without sending it: an alias nobody introduced is found now and not in the middle. */
function checkNames(
  { people, activities = {}, groups = {} }: RehearsalFile,
  places: readonly Place[],
  { zone, start }: { zone: string; start: string },
  fault: Fault,
): void {
  const names = aliases('00000000-0000-4000-8000-000000000000');
  for (const [alias, { links }] of Object.entries(people)) names.introduce('person', alias, links);
  for (const alias of Object.keys(activities)) names.introduce('activity', alias);
  for (const alias of Object.keys(groups)) names.introduce('group', alias);
  const tryOut = (path: string, attempt: () => unknown) => {
    try {
      attempt();
    } catch (error) {
      fault(path, (error as Error).message);
    }
  };
  for (const [alias, { admins, members = [], activity }] of Object.entries(groups)) {
    for (const person of [...admins, ...members]) tryOut(`/groups/${alias}`, () => names.id('person', person));
    if (activity) tryOut(`/groups/${alias}/activity`, () => names.id('activity', activity));
  }
  for (const { path, step } of places) {
    const [name, input] = Object.entries(step.do ?? {})[0] ?? [];
    if (name) tryOut(`${path}/do/${name}`, () => requestFor(name, input, { names, zone, at: start }));
    if (step.by) tryOut(`${path}/by`, () => names.id('person', step.by!));
    for (const [kind, expected] of Object.entries(step.expect ?? {})) {
      const here = `${path}/expect/${kind}`;
      for (const part of [expected].flat()) checkPart(here, part, names, (attempt) => tryOut(here, attempt), fault);
    }
  }
}

const EVENT_NAMES = new Set(eventTypes().map(({ name }) => name));

/** A name that nothing bears could never be found, so that an expectation of its absence would always hold. */
function checkPart(path: string, part: unknown, names: Names, tryOut: (attempt: () => unknown) => void, fault: Fault) {
  if (typeof part !== 'object' || part === null) return;
  const { person, group, people, name, names: eventNames } = part as Partial<Record<string, unknown>>;
  if (typeof person === 'string') tryOut(() => names.id('person', person));
  if (typeof group === 'string') tryOut(() => names.id('group', group));
  for (const alias of (people as string[] | undefined) ?? []) tryOut(() => names.id('person', alias));
  for (const event of [name, eventNames].flat() as (string | undefined)[]) {
    if (event !== undefined && !EVENT_NAMES.has(event)) fault(path, `must name events: there is none called ${event}`);
  }
}
