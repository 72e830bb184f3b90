import { randomUUID } from 'node:crypto';
import type { Client } from './client.js';

const say = (line: string) => process.stdout.write(`${line}\n`);
const YEAR = 365 * 86_400_000; // milliseconds

interface Item {
  readonly state: string;
  readonly retainUntil: string;
  readonly holdIds: readonly string[];
}

/** What becomes of things whose time is over: one is to be deleted, and one stays because an inquiry wants it. */
export async function timesEnd(client: Client, groupId: string, settle: () => Promise<void>): Promise<void> {
  const owner = await somebody(client, 'Wanda Writer');
  const incidentId = randomUUID();
  await client.post('/v1/holds', {
    scope: { incidentId },
    reason: 'An inquiry asks for it',
    authority: 'Its letter of today',
    reviewAt: new Date(Date.now() + YEAR).toISOString(),
  });
  const keep = async (reference: string, more: object = {}) =>
    (
      await client.post<{ itemId: string }>('/v1/retention-items', {
        recordClass: 'message',
        reference,
        groupId,
        ownerId: owner,
        startsAt: new Date(Date.now() - 2 * YEAR).toISOString(),
        period: 'P1Y',
        ...more,
      })
    ).itemId;
  const items = [await keep('A message two years old'), await keep('A message an inquiry wants', { incidentId })];
  await settle();
  say('\nKept for a year, two years ago\n');
  for (const itemId of items) {
    const item = await client.get<Item & { reference: { value: string } }>(`/v1/retention-items/${itemId}`);
    const held =
      item.holdIds.length > 0 ? `stays, under ${item.holdIds.length} hold` : 'its owner is asked to delete it';
    say(
      `  ${item.reference.value.padEnd(30)} until ${item.retainUntil.slice(0, 10)}  ${item.state.padEnd(13)} ${held}`,
    );
  }
}

/** Somebody asks to be forgotten: every service destroys what it holds, and the history stays whole, about nobody. */
export async function forget(client: Client, settle: () => Promise<void>): Promise<void> {
  const personId = await somebody(client, 'Fern Forgotten');
  const { requestId } = await client.post<{ requestId: string }>('/v1/rights-requests', {
    kind: 'erasure',
    personId,
    identity: 'confirmed',
  });
  const nameNow = async () => {
    const { personal } = await client.get<{ personal: { name: { state: string; value?: string } } }>(
      `/v1/people/${personId}`,
    );
    return personal.name.value ?? personal.name.state;
  };
  const before = await nameNow();
  await client.post(`/v1/rights-requests/${requestId}/erase`);
  await settle();
  const { erasure } = await client.get<{ erasure: string }>(`/v1/rights-requests/${requestId}`);
  say(`\nErased\n\n  ${before} is now "${await nameNow()}"; the erasure is ${erasure}`);
  const { items } = await client.get<{ items: { name: string; service: string }[] }>(
    `/v1/history?personId=${personId}&order=asc`,
  );
  say(`  The history still has all ${items.length} events about somebody without a name:`);
  for (const { name, service } of items) say(`    ${service.padEnd(11)} ${name}`);
}

async function somebody(client: Client, name: string): Promise<string> {
  const { personId } = await client.post<{ personId: string }>('/v1/people', {
    links: [{ kind: 'crmId', value: `M-${randomUUID().slice(0, 8)}` }],
    statuses: [{ category: 'member', status: 'active', from: '2024-01-01T00:00:00Z' }],
    name,
    dateOfBirth: '1985-04-01',
    source: 'crm',
  });
  return personId;
}
