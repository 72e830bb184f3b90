import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Temporal } from 'temporal-polyfill';
import { isWorkingDay, type Region, statutoryDue } from './working-days.js';

const region: Region = 'england_and_wales';

describe('working days', () => {
  it.each<[string, Region, boolean, string]>([
    ['2026-11-20', region, true, 'a Friday'],
    ['2026-11-21', region, false, 'a Saturday'],
    ['2026-04-03', region, false, 'Good Friday'],
    ['2026-04-06', region, false, 'Easter Monday in England'],
    ['2026-04-06', 'scotland', true, 'Easter Monday in Scotland'],
    ['2026-12-28', region, false, 'the substitute for Boxing Day on a Saturday'],
    ['2026-01-02', 'scotland', false, '2 January in Scotland'],
    ['2026-01-02', region, true, '2 January in England'],
    ['2026-11-30', 'scotland', false, 'St Andrew’s Day'],
    ['2026-03-17', 'northern_ireland', false, 'St Patrick’s Day'],
    ['2026-07-13', 'northern_ireland', false, 'the substitute for 12 July on a Sunday'],
    ['2022-09-19', region, false, 'a day proclaimed for once'],
    ['2026-06-15', 'scotland', false, 'a day proclaimed for Scotland alone'],
    ['2020-05-04', region, true, 'a May Monday that was moved to the Friday'],
    ['2020-05-08', region, false, 'the Friday it was moved to'],
  ])('%s in %s: %s (%s)', (day, part, expected) => {
    expect(isWorkingDay(day, part)).toBe(expected);
  });

  it('throws on what is no day', () => {
    expect(() => isWorkingDay('2026-02-30', region)).toThrow(RangeError);
  });
});

describe('the time to answer a request', () => {
  it.each<[string, string, string]>([
    ['2026-01-31T12:00:00.000Z', '2026-03-02', '31 January has no day in February; its last one is a Saturday'],
    ['2026-04-02T12:00:00.000Z', '2026-05-05', 'Maundy Thursday: 2 May is a Saturday, and the Monday a bank holiday'],
    ['2026-11-27T12:00:00.000Z', '2026-12-29', 'two days after Christmas, on a Sunday before a substitute day'],
    ['2026-03-25T12:00:00.000Z', '2026-04-27', 'a month that ends on a Saturday'],
    ['2026-09-03T12:00:00.000Z', '2026-10-05', 'one that ends on a Saturday in autumn'],
    ['2024-01-29T12:00:00.000Z', '2024-02-29', '29 January of a leap year'],
    ['2026-06-30T23:30:00.000Z', '2026-08-03', 'half past midnight of 1 July in London; 1 August is a Saturday'],
  ])('received on %s, ends with %s: %s', (receivedAt, day) => {
    expect(statutoryDue({ receivedAt, months: 1, pauses: [], region }).day).toBe(day);
  });

  it('ends at the midnight that ends the day, on the wall clock', () => {
    const term = { months: 1, pauses: [], region } as const;
    expect(statutoryDue({ ...term, receivedAt: '2026-05-06T12:00:00.000Z' }).dueAt).toBe('2026-06-08T23:00:00.000Z');
    expect(statutoryDue({ ...term, receivedAt: '2026-11-06T12:00:00.000Z' }).dueAt).toBe('2026-12-08T00:00:00.000Z');
  });

  it('adds the days on which the clock stood still: paused over Christmas', () => {
    const pauses = [{ from: '2026-12-21T16:00:00.000Z', to: '2027-01-04T09:00:00.000Z' }];
    expect(statutoryDue({ receivedAt: '2026-12-10T10:00:00.000Z', months: 1, pauses, region }).day).toBe('2027-01-25');
  });

  it('is three months from the receipt where it was extended', () => {
    const term = { receivedAt: '2026-11-30T12:00:00.000Z', months: 3, pauses: [], region } as const;
    expect(statutoryDue(term).day).toBe('2027-03-01');
  });

  it('agrees with another calendar on ten thousand random terms', () => {
    const parts = { e: region, s: 'scotland', n: 'northern_ireland' } as const;
    const lines = readFileSync(new URL('statutory-oracle.csv', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(10_000);
    const wrong = lines.filter((line) => {
      const [received, part, months, stoodStill, days] = line.split(',') as [
        string,
        keyof typeof parts,
        string,
        string,
        string,
      ];
      const day = Temporal.PlainDate.from(received);
      const noon = (date: Temporal.PlainDate) => `${date.toString()}T12:00:00.000Z`;
      const pauses = stoodStill === '0' ? [] : [{ from: noon(day), to: noon(day.add({ days: Number(stoodStill) })) }];
      const due = statutoryDue({ receivedAt: noon(day), months: months === '3' ? 3 : 1, pauses, region: parts[part] });
      return due.day !== day.add({ days: Number(days) }).toString();
    });
    expect(wrong).toEqual([]);
  });
});
