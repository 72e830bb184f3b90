import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { at, openGateway, type Gateway } from './history.fixture.js';

let gateway: Gateway;
let organisation: Gateway['organisation'];
beforeAll(async () => {
  gateway = await openGateway();
  organisation = gateway.organisation;
});
afterAll(() => gateway.stop());

const removal = (personId: string, groupId: string, taskId: string) => {
  const task = { personId, groupId, taskId };
  const streamId = `participation-${randomUUID()}`;
  return {
    task,
    streamId,
    opened: { ...task, trigger: 'role_ended', owners: [] as string[], dueAt: at(50), alreadyOverdue: false },
  };
};

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
