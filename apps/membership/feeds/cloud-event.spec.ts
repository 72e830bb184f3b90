import { describe, expect, it } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import * as fc from 'fast-check';
import { isPlain } from './cloud-event.js';

const text = (alphabet: string) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split(' ')), minLength: 1, maxLength: 8 });
const instant = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const event = fc.record({
  specversion: fc.constant('1.0'),
  id: text('a Z 9 - /'),
  source: text('a Z 9 / . _ ~ - : % # ü'),
  type: text('a Z 9 .'),
  time: fc.oneof(instant, text('0 1 2 9 T : - . Z')),
  data: fc.constant({ subject: 1 }),
});

describe('a CloudEvent that is taken for one without asking the library', () => {
  it('is one by the library’s account', () => {
    let plain = 0;
    fc.assert(
      fc.property(event, (one) => {
        fc.pre(isPlain(one));
        plain += 1;
        expect(new CloudEvent(one).validate()).toBe(true);
      }),
    );
    expect(plain).toBeGreaterThan(50);
  });

  it.each([
    ['a source that is no reference', { source: 'a b' }],
    ['an attribute with capitals', { someThing: 'x' }],
    ['an attribute of its own', { other: 'x' }],
    ['data of another kind', { datacontenttype: 'text/plain' }],
    ['a time with an offset', { time: '2026-05-07T10:00:00+01:00' }],
  ])('is none with %s', (_, odd) => {
    const sound = { specversion: '1.0', id: '1', source: '/hr/main', type: 't', time: '2026-05-07T10:00:00.000Z' };
    expect([isPlain(sound), isPlain({ ...sound, ...odd })]).toEqual([true, false]);
  });
});
