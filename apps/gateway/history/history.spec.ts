import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { at, namesOf, openGateway, placesOf, rule, type Gateway } from './history.fixture.js';

let gateway: Gateway;
let organisation: Gateway['organisation'];
beforeAll(async () => {
  gateway = await openGateway();
  organisation = gateway.organisation;
});
afterAll(() => gateway.stop());

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
    const bystander = gateway.issue(['moderator'], mine.tenantId);
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
