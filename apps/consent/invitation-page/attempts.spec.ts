import { describe, expect, it } from '@jest/globals';
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
  it('lets pass as many as the limit allows, for each by themselves', async () => {
    const attempts = new Attempts();
    for (let tries = 0; tries < 5; tries++) {
      expect(await attempts.isSpent('reference', 'a', 'x')).toBe(false);
      expect(await attempts.allows('reference', 'a', 'x')).toBe(true);
    }
    expect(await attempts.isSpent('reference', 'a', 'x')).toBe(true);
    expect(await attempts.allows('reference', 'a', 'x')).toBe(false);
    expect(await attempts.isSpent('reference', 'a,', 'x')).toBe(false);
    expect(await attempts.isSpent('proofs', 'a', 'x')).toBe(false);
  });
});
