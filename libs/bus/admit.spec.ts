import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { settle } from './admit.js';
import { versionsFollowed } from './continuity.js';

describe('the places of a projection in many streams', () => {
  let service: ServiceDatabase;
  const tenant = randomUUID();
  const streams = Array.from({ length: 60 }, (_, nr) => `tally-${nr}`);
  const none: ReadonlySet<string> = new Set();
  beforeAll(async () => {
    service = await openServiceDatabase('membership');
  });
  afterAll(() => service.close());

  const keep = (version: (nr: number) => number, seen = none) =>
    service.database.inTenant(tenant, (tx) => {
      const followed = new Map(streams.map((stream, nr) => [stream, version(nr)]));
      settle(tx, 'membership.spec', { followed, seen }, new Map([['topic', 60]]));
      return Promise.resolve();
    });
  const kept = async () => [
    ...(await service.database.inTenant(tenant, (tx) => versionsFollowed(tx, 'membership.spec', streams))).values(),
  ];

  it('[R8] only move on, also where another consumer of the group had moved them meanwhile', async () => {
    await keep((nr) => (nr === 30 ? 5 : 0));
    await keep((nr) => (nr < 40 ? 2 : 1)); // not seen before, as far as this one knew
    const after = streams.map((_, nr) => (nr === 30 ? 5 : nr < 40 ? 2 : 1));
    expect(await kept()).toEqual(after);
    await keep((nr) => (nr < 40 ? 1 : 3), new Set(streams));
    expect(await kept()).toEqual(after.map((version, nr) => (nr < 40 ? version : 3)));
  });

  it('are kept with the count of what was handled', async () => {
    const [row] = await service.asOwner<{ handled: string }>('select handled from membership.checkpoints');
    expect(Number(row!.handled)).toBe(180);
  });
});
