import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse as parseCsv } from 'csv-parse/sync';
import type { RecordedEvent } from '#events';
import { openGateway, told, type Gateway, type Told } from './history.fixture.js';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.stop());

type Of = Omit<Told, 'tenantId'>;
const at = (minute: number) => `2026-05-07T21:${String(minute).padStart(2, '0')}:00.000Z`;
const rule = (...obligations: string[]) => ({ profile: 'political-party@1', parameter: 'removal_sla', obligations });

/** An organisation of its own that has heard these events. */
async function organisation(...events: Of[]) {
  const auditor = gateway.member(['auditor']);
  const recorded = events.map((event) => told({ ...event, tenantId: auditor.tenantId }));
  await gateway.hear(recorded);
  const get = (path: string) => gateway.get(`/v1/history${path}`, auditor.key);
  return { ...auditor, recorded, get, names: async (path: string) => namesOf(await get(path)) };
}
/** Where events stand in the history. */
const placesOf = (events: readonly RecordedEvent[]) =>
  events.map(({ id, occurredAt }) => [occurredAt, id]).sort((a, b) => (a.join() < b.join() ? -1 : 1));
const namesOf = ({ body }: { body: { items: Record<string, unknown>[] } }) => body.items.map(({ name }) => name);
const removal = (personId: string, groupId: string, taskId: string) => {
  const task = { personId, groupId, taskId };
  const streamId = `participation-${randomUUID()}`;
  return {
    task,
    streamId,
    opened: { ...task, trigger: 'role_ended', owners: [] as string[], dueAt: at(50), alreadyOverdue: false },
  };
};

describe('The history', () => {
  it('shows an event whole: when, who, in which case, under which rule, and what', async () => {
    const [personId, groupId] = [randomUUID(), randomUUID()];
    const { get, recorded } = await organisation({
      name: 'AdmissionRefused',
      data: { personId, groupId, reasons: ['NoConsent'] },
      occurredAt: at(1),
      actor: { kind: 'key', id: randomUUID(), onBehalfOf: randomUUID() },
      rules: [rule('LD-09')],
    });
    const { id, tenantId: _, ...event } = recorded[0]!;
    const { status, body } = await get(`?personId=${personId}`);
    expect(status).toBe(200);
    expect(body).toEqual({ items: [{ ...event, eventId: id, service: 'membership', causationId: null }], next: null });
  });

  it('is found by person, group, task, type, actor, obligation and case, and by several at once', async () => {
    const [person, other, group, task, actor, correlationId] = Array.from({ length: 6 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const key = { kind: 'key', id: actor } as const;
    const { names } = await organisation(
      {
        name: 'MemberLeftByThemselves',
        data: { personId: person, groupId: group, taskId: task },
        occurredAt: at(3),
        correlationId,
      },
      {
        name: 'GroupRegistered',
        data: { groupId: group, groupType: 'ward', official: true, admins: [person] },
        occurredAt: at(1),
        actor: key,
      },
      {
        name: 'AdmissionRefused',
        data: { personId: other, groupId: group, reasons: ['TooYoung'] },
        occurredAt: at(2),
        rules: [rule('LD-08', 'LD-09')],
        actor: key,
      },
      {
        name: 'ModeratorAppointed',
        data: { personId: other, groupId: randomUUID(), kind: 'staff' },
        occurredAt: at(4),
        correlationId,
      },
    );
    expect(await names('')).toEqual([
      'GroupRegistered',
      'AdmissionRefused',
      'MemberLeftByThemselves',
      'ModeratorAppointed',
    ]);
    expect(await names(`?personId=${person.toUpperCase()}&to=${at(59)}`)).toEqual([
      'GroupRegistered',
      'MemberLeftByThemselves',
    ]);
    expect(await names(`?groupId=${group}&to=${at(59)}`)).toEqual([
      'GroupRegistered',
      'AdmissionRefused',
      'MemberLeftByThemselves',
    ]);
    expect(await names(`?taskId=${task}`)).toEqual(['MemberLeftByThemselves']);
    expect(await names(`?type=ModeratorAppointed`)).toEqual(['ModeratorAppointed']);
    expect(await names(`?actor=${actor}&order=desc`)).toEqual(['AdmissionRefused', 'GroupRegistered']);
    expect(await names(`?obligation=LD-09`)).toEqual(['AdmissionRefused']);
    expect(await names(`?correlationId=${correlationId}`)).toEqual(['MemberLeftByThemselves', 'ModeratorAppointed']);
    expect(await names(`?personId=${other}&groupId=${group}&obligation=LD-08&actor=${actor}`)).toEqual([
      'AdmissionRefused',
    ]);
    expect(await names(`?personId=${person}&groupId=${group}&taskId=${task}`)).toEqual(['MemberLeftByThemselves']);
    expect(await names(`?groupId=${group}&type=ModeratorAppointed`)).toEqual([]);
    expect(await names(`?from=${at(2)}&to=${at(3)}`)).toEqual(['AdmissionRefused']);
  });

  it('is paged without a gap or a repeat, both ways, also where much happened at one instant', async () => {
    const groupId = randomUUID();
    const { get, recorded } = await organisation(
      ...Array.from({ length: 11 }, (_, n) => ({
        name: 'MemberLeftByThemselves',
        data: { groupId, personId: randomUUID() },
        occurredAt: at(n < 6 ? 5 : n),
      })),
    );
    const inOrder = placesOf(recorded).map(([, id]) => id);
    for (const order of ['asc', 'desc']) {
      const seen: unknown[] = [];
      let cursor = '';
      do {
        const { body } = await get(`?groupId=${groupId}&type=MemberLeftByThemselves&limit=2&order=${order}${cursor}`);
        seen.push(...body.items.map(({ eventId }) => eventId));
        cursor = body.next ? `&cursor=${body.next}` : '';
      } while (cursor);
      expect(seen).toEqual(order === 'asc' ? inOrder : inOrder.toReversed());
    }
  });

  it('takes an event in once however often it comes', async () => {
    const personId = randomUUID();
    const { names, recorded } = await organisation({
      name: 'PersonRegistered',
      data: { personId, source: 'hr' },
      occurredAt: at(1),
    });
    await gateway.hear(recorded);
    expect(await names(`?personId=${personId}`)).toEqual(['PersonRegistered']);
  });

  it('says what is wrong with a query, and nothing of another organisation', async () => {
    const personId = randomUUID();
    const theirs = await organisation({
      name: 'PersonRegistered',
      data: { personId, source: 'hr' },
      occurredAt: at(1),
    });
    const mine = await organisation();
    expect(await mine.names(`?personId=${personId}`)).toEqual([]);
    expect(await theirs.names(`?personId=${personId}`)).toEqual(['PersonRegistered']);
    const bad = [
      'personId=x',
      'from=yesterday',
      'from=2026-02-30T00:00:00Z',
      'type=Nonsense',
      'who=me',
      'limit=0',
      'cursor=x',
      'obligation=some%20text',
      `cursor=${Buffer.from('["a","b"]').toString('base64url')}`,
    ];
    for (const query of bad) expect([query, (await mine.get(`?${query}`)).status]).toEqual([query, 400]);
    const bystander = gateway.member(['moderator'], mine.tenantId);
    expect((await gateway.get('/v1/history', bystander.key)).status).toBe(403);
  });

  it('records each look: which key, at what, never any text', async () => {
    const { get, keyId } = await organisation();
    const [personId, groupId, taskId] = [randomUUID(), randomUUID(), randomUUID()];
    await get(`?personId=${personId}&obligation=LD-09&actor=anne.smith`);
    await get(`/groups/${groupId}/roster`);
    await get(`/story/${taskId}`);
    await get('/export?format=csv&type=MemberAdded');
    await gateway.settle();
    const { body } = await get(`?type=HistoryQueried`);
    expect(body.items.map(({ data }) => data)).toEqual([
      { keyId, query: 'events', about: [personId, 'LD-09'] },
      { keyId, query: 'roster', about: [groupId] },
      { keyId, query: 'story', about: [taskId] },
      { keyId, query: 'export', about: ['MemberAdded'] },
    ]);
    expect(body.items[0]).toMatchObject({ actor: { kind: 'key', id: keyId }, service: 'gateway' });
    expect(namesOf(await get(`?personId=${personId}`))).toEqual(['HistoryQueried']);
  });
});

describe('The story of a task', () => {
  it('is told in order, with its causes and consequences, and without those of others', async () => {
    const [person, group, taskId, elsewhere, someone] = Array.from({ length: 5 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const { task, streamId, opened } = removal(person, group, taskId);
    const [left, confirmed] = [randomUUID(), randomUUID()];
    const about = { personId: person, groupId: group };
    const added = { capacity: 'member', route: 'admin_add' };
    const { names, get } = await organisation(
      { name: 'MemberAdded', data: { ...about, ...added }, occurredAt: at(1), streamId, version: 1 },
      {
        name: 'LeaverDetected',
        data: {
          personId: person,
          category: 'staff',
          trigger: 'role_ended',
          leftAt: at(2),
          reportedAt: at(2),
          source: 'hr',
        },
        occurredAt: at(2),
        correlationId: left,
      },
      { name: 'RemovalTaskOpened', data: opened, occurredAt: at(2), streamId, version: 2, correlationId: left },
      {
        name: 'RemovalTaskOpened',
        data: { ...opened, groupId: elsewhere, taskId: randomUUID() },
        occurredAt: at(2),
        correlationId: left,
      },
      {
        name: 'RemovalTaskOpened',
        data: { ...opened, personId: someone, taskId: randomUUID() },
        occurredAt: at(2),
        correlationId: left,
      },
      {
        name: 'RemovalOverdue',
        data: { ...task, dueAt: at(50) },
        occurredAt: at(50),
        streamId,
        version: 3,
        correlationId: left,
      },
      {
        name: 'MemberRemoved',
        data: { ...task, evidence: 'admin_confirmed', lateBySeconds: 60 },
        occurredAt: at(51),
        streamId,
        version: 4,
        correlationId: confirmed,
      },
      {
        name: 'ConsentWithdrawn',
        service: 'consent',
        data: { ...about, reason: 'removed' },
        occurredAt: at(51),
        correlationId: confirmed,
      },
      { name: 'MemberAdded', data: { ...about, personId: someone, ...added }, occurredAt: at(52) },
    );
    const story = [
      'MemberAdded',
      'LeaverDetected',
      'RemovalTaskOpened',
      'RemovalOverdue',
      'MemberRemoved',
      'ConsentWithdrawn',
    ];
    expect(await names(`/story/${taskId}`)).toEqual(story);
    const { body: first } = await get(`/story/${taskId}?limit=4`);
    const { body: rest } = await get(`/story/${taskId}?limit=4&cursor=${first.next}`);
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(story);
    expect(await names(`/story/${randomUUID()}`)).toEqual([]);
  });
});

describe('The roster of a group at an instant', () => {
  it('follows a person who leaves and returns, in whatever order it was told', async () => {
    const [groupId, coming, staying, found] = Array.from({ length: 4 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
    ];
    const versions = new Map<string, number>();
    const step = (name: string, personId: string, minute: number, more = {}) => {
      const version = (versions.get(personId) ?? 0) + 1;
      versions.set(personId, version);
      const streamId = `participation-${personId}`;
      return { name, data: { groupId, personId, ...more }, occurredAt: at(minute), version, streamId };
    };
    const added = (personId: string, minute: number) =>
      step('MemberAdded', personId, minute, { capacity: 'member', route: 'admin_add' });
    const left = (personId: string, minute: number) => step('MemberLeftByThemselves', personId, minute);
    const { get } = await organisation(
      added(coming, 30),
      left(coming, 20),
      added(coming, 10),
      left(coming, 40),
      added(staying, 15),
      added(staying, 16),
      step('MemberFoundInGroup', found, 20, { snapshotId: randomUUID() }),
      step('MemberRemoved', found, 20, { evidence: 'roster_absent', lateBySeconds: 0 }),
      step('MemberAdded', found, 1, { groupId: randomUUID(), capacity: 'guest', route: 'qr' }),
    );
    const roster = async (minute: number) => {
      const { body } = await get(`/groups/${groupId}/roster?asOf=${at(minute)}`);
      return Object.fromEntries(body.items.map(({ personId, since }) => [personId, since]));
    };
    expect(await roster(9)).toEqual({});
    expect(await roster(10)).toEqual({ [coming]: at(10) });
    expect(await roster(19)).toEqual({ [coming]: at(10), [staying]: at(15) });
    expect(await roster(20)).toEqual({ [staying]: at(15) });
    expect(await roster(35)).toEqual({ [coming]: at(30), [staying]: at(15) });
    const { body } = await get(`/groups/${groupId}/roster`);
    expect(body).toEqual({
      groupId,
      asOf: '2026-06-01T09:00:00.000Z',
      items: [{ personId: staying, since: at(15) }],
      next: null,
    });
  });

  it('is paged by person', async () => {
    const groupId = randomUUID();
    const { get, recorded } = await organisation(
      ...Array.from({ length: 5 }, (_, n) => ({
        name: 'MemberAdded',
        data: { groupId, personId: randomUUID(), capacity: 'member', route: 'roster' },
        occurredAt: at(n),
      })),
    );
    const { body: first } = await get(`/groups/${groupId}/roster?limit=3`);
    const { body: rest } = await get(`/groups/${groupId}/roster?limit=3&cursor=${first.next}`);
    expect([...first.items, ...rest.items].map(({ personId }) => personId)).toEqual(
      recorded.map(({ data }) => data['personId'] as string).sort((a, b) => (a < b ? -1 : 1)),
    );
    expect(rest.next).toBeNull();
  });
});

describe('The export', () => {
  const many = Array.from({ length: 1_203 }, (_, n) => ({
    name: 'PersonRegistered',
    data: { personId: randomUUID(), source: 'hr' },
    occurredAt: at(n % 60),
    rules: [rule('BR-08')],
  }));

  it('as NDJSON names the clock first and then gives every event once, in order', async () => {
    const { get, recorded } = await organisation(...many);
    const { type, text } = await get('/export?type=PersonRegistered');
    const [heading, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(type).toBe('application/x-ndjson');
    expect(heading).toEqual({
      export: 'rollcall.history',
      clock: 'manual',
      exportedAt: '2026-06-01T09:00:00.000Z',
      filter: { type: 'PersonRegistered' },
    });
    expect(lines.map(({ occurredAt, eventId }) => [occurredAt, eventId])).toEqual(placesOf(recorded));
    expect(lines[0]).toMatchObject({ rules: [rule('BR-08')], service: 'membership', version: 1 });
  });

  it('as CSV names the clock on every row', async () => {
    const { get, recorded } = await organisation(...many.slice(0, 3));
    const { type, text } = await get('/export?format=csv&type=PersonRegistered&order=desc');
    const rows = parseCsv<Record<string, string>>(text, { columns: true });
    expect(type).toBe('text/csv; charset=utf-8');
    expect(rows.map(({ clock, eventId }) => [clock, eventId])).toEqual(
      recorded.toReversed().map(({ id }) => ['manual', id]),
    );
    const { data, rules, actor } = recorded.at(-1)!;
    expect(JSON.parse(rows[0]!['data']!)).toEqual(data);
    expect(JSON.parse(rows[0]!['rules']!)).toEqual(rules);
    expect(rows[0]).toMatchObject({
      actorKind: actor.kind,
      actorId: actor.id,
      occurredAt: at(2),
      service: 'membership',
      causationId: '',
    });
  });
});
