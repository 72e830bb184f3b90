import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceKit } from '#nest';
import { KITS } from '../../../libs/nest/operations.js';
import { openApp, type TestApp } from '../../standalone/testing.js';
import { Attempts, networkOf } from './attempts.js';

describe('whose attempts count together', () => {
  it.each([
    ['an IPv4 address by itself', '192.0.2.7', '192.0.2.7'],
    ['the same in IPv6 clothing', '::ffff:192.0.2.7', '192.0.2.7'],
    ['the first half of an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['the same, written shorter', '2001:DB8:1:2::9', '2001:db8:1:2'],
    ['the same, with leading zeros', '2001:0db8:0001:0002::', '2001:db8:1:2'],
    ['one address of the local link', 'fe80::1%eth0', 'fe80:0:0:0'],
    ['this machine', '::1', '0:0:0:0'],
    ['what is no address', 'unknown, 10.0.0.1', 'unknown'],
  ])('%s', (_, address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('counting attempts', () => {
  let app: TestApp;
  let kit: ServiceKit;
  beforeAll(async () => {
    app = await openApp();
    kit = app.nest.get<readonly ServiceKit[]>(KITS, { strict: false }).find(({ name }) => name === 'consent')!;
  });
  afterAll(() => app.close());
  /** One process of the service, as it is after a start. */
  const started = () => new Attempts(kit);

  it('[LD-12] lets pass as many as the limit allows, for each by themselves', async () => {
    const attempts = started();
    for (let tries = 0; tries < 5; tries++) {
      expect(await attempts.isSpent('reference', 'a', 'x')).toBe(false);
      expect(await attempts.allows('reference', 'a', 'x')).toBe(true);
    }
    expect(await attempts.isSpent('reference', 'a', 'x')).toBe(true);
    expect(await attempts.allows('reference', 'a', 'x')).toBe(false);
    expect(await attempts.isSpent('reference', 'a,', 'x')).toBe(false);
    expect(await attempts.isSpent('proofs', 'a', 'x')).toBe(false);
  });

  it('counts over all processes together, at the same moment too', async () => {
    const processes = [started(), started(), started()];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => processes[n % 3]!.allows('misses', '192.0.2.1')),
    );
    expect(answers.filter(Boolean)).toHaveLength(30);
    for (const one of processes) expect(await one.isSpent('misses', '192.0.2.1')).toBe(true);
  });

  it('remembers after a start what was tried before it', async () => {
    const before = started();
    for (let tries = 0; tries < 20; tries++) await before.allows('proofs', '192.0.2.2');
    const after = started();
    expect(await after.isSpent('proofs', '192.0.2.2')).toBe(true);
    expect(await after.allows('proofs', '192.0.2.2')).toBe(false);
  });

  it('counts anew once the time is over, and keeps nothing for longer', async () => {
    for (let tries = 0; tries < 4; tries++) await started().allows('codes', 'b');
    await app.asOwner("update consent.attempts set expires_at = clock_timestamp() - interval '1 second'");
    expect(await started().isSpent('codes', 'b')).toBe(false);
    expect(await started().allows('codes', 'b')).toBe(true);
    await app.asOwner("update consent.attempts set expires_at = clock_timestamp() - interval '1 second'");
    const one = started();
    for (let tries = 0; tries < 500; tries++) await one.allows('visits', `visitor ${tries}`);
    expect(await app.asOwner('select distinct kind from consent.attempts')).toEqual([{ kind: 'visits' }]);
  });

  it('lets nobody pass where nothing can be counted', async () => {
    await app.asOwner('alter table consent.attempts rename to elsewhere');
    const attempts = started();
    expect(await attempts.allows('visits', '192.0.2.4')).toBe(false);
    expect(await attempts.isSpent('misses', '192.0.2.4')).toBe(true);
    await app.asOwner('alter table consent.elsewhere rename to attempts');
    expect(await attempts.allows('visits', '192.0.2.4')).toBe(true);
  });

  it('keeps no address', async () => {
    await started().allows('visits', '192.0.2.5');
    const rows = await app.asOwner('select * from consent.attempts');
    expect(JSON.stringify(rows)).not.toContain('192.0.2');
  });
});
