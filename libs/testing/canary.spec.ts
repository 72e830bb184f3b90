import { expect, it } from '@jest/globals';
import { spotter } from './canary.js';

const spot = spotter(['Erasmine', 'erase-crm', '1957-11-2']);

it('[R33] finds a mark in any case, among bytes, in hexadecimal and in base64 wherever it begins', () => {
  for (const text of ['to ERASMINE', Buffer.from('\0\xffErasmine\0', 'latin1'), 'born 1957-11-23'])
    expect(spot(text)).toHaveLength(1);
  for (const before of ['', 'x', 'xy', 'xyz']) {
    const bytes = Buffer.from(`${before}{"name":"erasmine"}`);
    for (const coding of ['hex', 'base64', 'base64url'] as const) expect(spot(bytes.toString(coding))).toHaveLength(1);
  }
});

it('[R33] finds nothing where no mark is', () => {
  for (const text of ['Erasmus', 'erase crm', '1957-12-23', Buffer.alloc(1000), '']) expect(spot(text)).toEqual([]);
});
