import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { rest, Signal } from './signal.js';

const FOR_EVER = 2 ** 30; // a test that waited this long would fail by its own time limit

describe('a signal', () => {
  it('ends a wait when it is raised, before or after the wait began', async () => {
    const signal = new Signal();
    const { signal: end } = new AbortController();
    const waiting = signal.wait(FOR_EVER, end);
    signal.raise();
    await waiting;
    signal.raise();
    signal.raise();
    await signal.wait(FOR_EVER, end);
    expect(getEventListeners(end, 'abort')).toEqual([]);
  });

  it('is not raised any more after the wait it ended', async () => {
    const signal = new Signal();
    const { signal: end } = new AbortController();
    signal.raise();
    await signal.wait(FOR_EVER, end);
    const order: string[] = [];
    const second = signal.wait(FOR_EVER, end).then(() => order.push('second wait'));
    await new Promise(setImmediate);
    order.push('second raise');
    signal.raise();
    await second;
    expect(order).toEqual(['second raise', 'second wait']);
  });

  it('lets a wait end by itself', async () => {
    await new Signal().wait(1, new AbortController().signal);
  });

  it('ends every wait and rest when the whole ends, also one that begins after it', async () => {
    const all = new AbortController();
    const waits = [new Signal().wait(FOR_EVER, all.signal), rest(FOR_EVER, all.signal)];
    all.abort();
    await Promise.all(waits);
    await new Signal().wait(FOR_EVER, all.signal);
    await rest(FOR_EVER, all.signal);
  });
});
