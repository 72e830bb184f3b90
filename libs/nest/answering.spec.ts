import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { Answering } from './answering.js';

/** A clock that moves when somebody rests, and ends requests at their times. */
function paced() {
  let now = 100;
  const ends: { at: number; end: () => void }[] = [];
  const answering = new Answering({
    now: () => now,
    rest: async (milliseconds) => {
      now += milliseconds;
      for (const { end } of ends.filter(({ at }) => at === now)) end();
    },
  });
  /** A request that comes now and is answered at an instant. */
  const request = (until: number) => {
    const response = new EventEmitter();
    ends.push({ at: until, end: () => void response.emit('close') });
    answering.requests({} as Request, response as unknown as Response, () => undefined);
  };
  return { answering, request, now: () => now };
}

describe('letting those go first who wait for an answer', () => {
  it('waits for nobody where nobody asks', async () => {
    const { answering, now } = paced();
    await answering.quiet();
    expect(now()).toBe(100);
  });

  it('waits for every request in hand, and a moment for the next one', async () => {
    const { answering, request, now } = paced();
    request(101);
    request(102);
    await answering.quiet();
    expect(now()).toBe(104);
  });

  it('waits no longer than five milliseconds', async () => {
    const { answering, request, now } = paced();
    request(1_000);
    await answering.quiet();
    expect(now()).toBe(105);
  });
});
