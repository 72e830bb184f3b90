/** Plays stories against a running system: each in an organisation of its own, all along one line of time. */
import { randomUUID } from 'node:crypto';
import { type ApiRequest, requestFor } from './actions.js';
import { type Answer, type Api, connect, moveClock } from './client.js';
import { type After, eventInWords, judge, READING, type Verdict } from './expect.js';
import { has } from './match.js';
import { aliases, type Names } from './names.js';
import { Pages } from './page.js';
import { prepareGroup } from './prepare.js';
import type { Step, Story } from './read.js';

/** A system with a manual clock, and a key of its operator. */
export interface Stage {
  readonly url: string;
  readonly key: string;
}

/** What one step came to; a story that could not be played on ends with a step that says why. */
export interface Played {
  readonly at: string;
  readonly note: string;
  readonly verdicts: readonly Verdict[];
}

export interface Report {
  readonly story: Story;
  readonly steps: readonly Played[];
}

/**
 * Plays all stories. Their steps are merged by time, so that one clock, which only goes forward, serves any number of stories
 * that overlap; as each has its own organisation, none sees another. `finished` is called as each story ends; `signal` ends all of them.
 * @throws Error with a sentence when the system's clock is real, or later than a story's start.
 */
export async function playAll(
  stories: readonly Story[],
  { url, key }: Stage,
  finished: (report: Report) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Report[]> {
  const operator = connect(url, key);
  await checkClock(operator, stories, url);
  const performances = stories.map((story) => new Performance(story, url, operator));
  const moments = performances.flatMap((performance) => performance.moments()).sort((a, b) => a.at.localeCompare(b.at)); // stable: steps of one instant keep their order
  for (const { performance, at, play, isLast } of moments) {
    if (!performance.isBroken) await performance.attempt(at, play);
    signal?.throwIfAborted();
    if (isLast) finished(performance.report);
  }
  return performances.map(({ report }) => report);
}

async function checkClock(operator: Api, stories: readonly Story[], url: string): Promise<void> {
  const { status, body } = await operator.get('/v1/clock');
  if (status !== 200) throw new Error(`${url} does not show its clock to this key: ${String(body['detail'])}`);
  if (body['clock'] !== 'manual')
    throw new Error(
      `${url} runs on real time. A rehearsal needs a system started with ROLLCALL_CLOCK=manual:<instant>.`,
    );
  const early = stories.find(({ start }) => start < String(body['now']));
  if (early) {
    throw new Error(
      `The clock of ${url} stands at ${String(body['now'])} and only goes forward; ${early.file} begins at ${early.start}. ` +
        'Start a fresh system with an earlier clock, or leave --url out.',
    );
  }
}

/** One story on its way: its organisation, its keys, and which events it has seen. */
class Performance {
  private readonly organisationId = randomUUID();
  private readonly names: Names = aliases(this.organisationId);
  private readonly seen = new Set<string>();
  private readonly played: Played[] = [];
  private readonly pages: Pages;
  private admin!: Api;
  private auditor!: Api;
  isBroken = false;

  constructor(
    private readonly story: Story,
    private readonly url: string,
    private readonly operator: Api,
  ) {
    this.pages = new Pages(url);
  }

  get report(): Report {
    return { story: this.story, steps: this.played };
  }

  /** The opening and every step, each with its instant. */
  moments() {
    const { start, steps } = this.story;
    const opening = { at: start, play: () => this.open(), performance: this, isLast: false };
    return [
      opening,
      ...steps.map((step, index) => {
        const play = () => this.step(step);
        return { at: step.at, play, performance: this, isLast: index === steps.length - 1 };
      }),
    ];
  }

  /** Plays one moment; a fault (not a failed expectation) ends the story there. */
  async attempt(at: string, play: () => Promise<void>): Promise<void> {
    try {
      await play();
    } catch (error) {
      this.isBroken = true;
      const found = error instanceof Error ? error.message : String(error);
      this.played.push({
        at,
        note: 'The story could not go on',
        verdicts: [{ ok: false, text: 'played to its end', found }],
      });
    }
  }

  /** The organisation with its policy, people, activities and groups, as of the story's start. */
  private async open(): Promise<void> {
    const { story, organisationId, names } = this;
    const { zone, start, organisation, people, activities = {}, groups = {} } = story;
    await moveClock(this.operator, start);
    const named = { organisationId, name: story.title.slice(0, 200), timeZone: zone };
    const { adminKey } = await this.operator.must('/v1/organisations', named);
    this.admin = connect(this.url, (adminKey as { key: string }).key);
    this.auditor = connect(this.url, String((await this.admin.must('/v1/keys', { scopes: ['auditor'] }))['key']));
    const context = { names, zone, at: start };
    const set = async (action: string, fields: object) => {
      const { path, body } = requestFor(action, fields, context);
      await this.admin.must(path, body);
    };
    await set('activateProfile', organisation);
    // The policy reaches the services by events.
    await moveClock(this.operator, start);
    for (const [person, fields] of Object.entries(people)) await set('registerPerson', { person, ...fields });
    for (const [activity, fields] of Object.entries(activities)) await set('startActivity', { activity, ...fields });
    for (const [group, { members: _members, isPrepared: _isPrepared, ...fields }] of Object.entries(groups))
      await set('registerGroup', { group, ...fields });
    await moveClock(this.operator, start);
    for (const [group, { isPrepared = true }] of Object.entries(groups))
      if (isPrepared) await prepareGroup(this.admin, names.id('group', group));
    await moveClock(this.operator, start);
    for (const [group, { members = [] }] of Object.entries(groups)) await this.letIn(group, members, set);
    await this.freshEvents();
  }

  /** Members from the start: told and asked as the policy of their group wants it, then added. */
  private async letIn(
    group: string,
    members: readonly string[],
    set: (action: string, fields: object) => Promise<void>,
  ) {
    if (members.length === 0) return;
    const { body } = await this.admin.get(`/v1/groups/${this.names.id('group', group)}/policy`);
    const { notice_items, consent_methods, join_routes } = body['parameters'] as Record<string, { value: string[] }>;
    const [method] = consent_methods!.value;
    const [route] = join_routes!.value;
    for (const person of members) {
      const about = { person, group };
      await set('presentNotice', { ...about, items: notice_items!.value });
      if (method) await set('giveConsent', { ...about, method });
    }
    await moveClock(this.operator, this.story.start);
    for (const person of members) await set('addMember', { person, group, route });
    await moveClock(this.operator, this.story.start);
  }

  private async step({ at, note, by, action, expect }: Step): Promise<void> {
    const { names, admin, auditor } = this;
    const { zone } = this.story;
    await moveClock(this.operator, at);
    let answer: Answer | undefined;
    if (action) {
      const request = requestFor(action.name, action.input, { names, zone, at });
      answer = request.visit ? await this.pages.visit(request.visit) : await this.send(request, by);
      this.pages.remember(answer);
      // Until everybody has dealt with it.
      await moveClock(this.operator, at);
    }
    const after: After = { names, zone, admin, auditor, answer, events: await this.freshEvents() };
    this.played.push({ at, note, verdicts: await judge(expect, after) });
  }

  private async send(request: ApiRequest, by: string | undefined): Promise<Answer> {
    const path = request.path.replace(':found', await this.find(request));
    return this.admin.send({ ...request, path, ...(by ? { onBehalfOf: this.names.id('person', by) } : {}) });
  }

  /** The id of the one row that an action means. */
  private async find({ find }: ApiRequest): Promise<string> {
    if (!find) return '';
    const rows = (await this.admin.rows(find.list)).filter((row) => has(find.where, row));
    const row = find.nth === undefined && rows.length > 1 ? undefined : rows[(find.nth ?? 1) - 1];
    if (!row)
      throw new Error(
        `${find.list} holds ${rows.length} rows that could be meant${rows.length > 1 ? '; say which by nth' : ''}`,
      );
    return String(row[find.id]);
  }

  private async freshEvents(): Promise<After['events']> {
    const rows = await this.auditor.rows('/v1/history?order=asc');
    const fresh = rows.filter(({ eventId }) => !this.seen.has(String(eventId)));
    for (const { eventId } of fresh) this.seen.add(String(eventId));
    return fresh.filter(({ name }) => !READING.has(String(name))).map((row) => eventInWords(row, this.names));
  }
}
