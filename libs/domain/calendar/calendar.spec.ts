import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { addDuration, ageOn, compareInstants, isInstant, parseInstant, withinQuietHours } from './calendar.js';

const LONDON = 'Europe/London';

describe('addDuration', () => {
  it.each([
    ['2026-05-07T21:00:00.000Z', 'P2D', '2026-05-09T21:00:00.000Z', '[LD-05] two days from the end of an activity'],
    ['2026-05-14T20:40:00.000Z', 'PT1H', '2026-05-14T21:40:00.000Z', '[LD-39] one hour from a request'],
    ['2026-01-12T09:00:00.000Z', 'P1Y', '2027-01-12T09:00:00.000Z', '[AMZ-031] a year between circulations'],
    ['2026-01-31T12:00:00.000Z', 'P1M', '2026-02-28T12:00:00.000Z', 'a month from 31 January, common year'],
    ['2024-01-31T12:00:00.000Z', 'P1M', '2024-02-29T12:00:00.000Z', 'a month from 31 January, leap year'],
    ['2026-03-31T12:00:00.000Z', 'P1M', '2026-04-30T12:00:00.000Z', 'a month from 31 March'],
    ['2026-02-28T12:00:00.000Z', 'P1M', '2026-03-28T12:00:00.000Z', 'a month from 28 February keeps the day'],
    ['2026-12-31T12:00:00.000Z', 'P2M', '2027-02-28T12:00:00.000Z', 'two months over a year end'],
    ['2024-02-29T14:05:00.000Z', 'P2Y', '2026-02-28T14:05:00.000Z', '[BR-57] 29 February, common year'],
    ['2024-02-29T14:05:00.000Z', 'P3Y', '2027-02-28T14:05:00.000Z', '[BR-60] 29 February, period made longer'],
    ['2024-02-29T14:05:00.000Z', 'P4Y', '2028-02-29T14:05:00.000Z', '[BR-57] 29 February to 29 February'],
    ['2024-03-02T09:00:00.000Z', 'P2Y', '2026-03-02T09:00:00.000Z', '[BR-57] an ordinary day'],
    ['2023-02-28T09:00:00.000Z', 'P1Y', '2024-02-28T09:00:00.000Z', '28 February into a leap year'],
    ['2026-06-01T10:00:00.123Z', 'P1W', '2026-06-08T10:00:00.123Z', 'a week'],
  ])('%s plus %s is %s: %s', (start, duration, end) => {
    expect(addDuration(start, duration)).toBe(end);
  });

  // Clocks go on at 01:00 UTC on 29 March 2026 and back at 01:00 UTC on 25 October 2026.
  it.each([
    ['2026-03-28T12:00:00.000Z', 'P1D', '2026-03-29T11:00:00.000Z', 'spring: a day is 23 hours'],
    ['2026-03-28T12:00:00.000Z', 'PT24H', '2026-03-29T12:00:00.000Z', 'spring: 24 hours are 24 hours'],
    ['2026-03-28T01:30:00.000Z', 'P1D', '2026-03-29T01:30:00.000Z', 'spring: 01:30 does not exist, 02:30 is meant'],
    ['2026-03-29T00:30:00.000Z', 'PT1H', '2026-03-29T01:30:00.000Z', 'spring: an hour across the change'],
    ['2026-03-29T00:30:00.000Z', 'P1D', '2026-03-29T23:30:00.000Z', 'spring: 00:30 before to 00:30 after the change'],
    ['2026-10-24T11:00:00.000Z', 'P1D', '2026-10-25T12:00:00.000Z', 'autumn: a day is 25 hours'],
    ['2026-10-24T11:00:00.000Z', 'PT24H', '2026-10-25T11:00:00.000Z', 'autumn: 24 hours are 24 hours'],
    ['2026-10-24T00:30:00.000Z', 'P1D', '2026-10-25T00:30:00.000Z', 'autumn: of two 01:30s the first is meant'],
    [
      '2026-10-25T00:30:00.000Z',
      'PT1H',
      '2026-10-25T01:30:00.000Z',
      'autumn: an hour from the first 01:30 to the second',
    ],
    ['2026-10-25T01:30:00.000Z', 'P1D', '2026-10-26T01:30:00.000Z', 'autumn: from the second 01:30'],
    ['2026-01-15T09:00:00.000Z', 'P6M', '2026-07-15T08:00:00.000Z', 'half a year from winter to summer keeps 09:00'],
    [
      '2026-10-24T11:00:00.000Z',
      'P1DT2H',
      '2026-10-25T14:00:00.000Z',
      'days first on the calendar, then elapsed hours',
    ],
  ])('%s plus %s is %s: %s', (start, duration, end) => {
    expect(addDuration(start, duration)).toBe(end);
  });

  it('keeps the wall clock of the zone it is given', () => {
    expect(addDuration('2026-03-28T12:00:00.000Z', 'P1D', 'Asia/Tokyo')).toBe('2026-03-29T12:00:00.000Z');
    expect(addDuration('2026-03-07T12:00:00.000Z', 'P1D', 'America/New_York')).toBe('2026-03-08T11:00:00.000Z');
  });

  it.each([
    ['tomorrow', 'P1D', LONDON],
    ['2026-01-01T00:00:00.000Z', '2 days', LONDON],
    ['2026-01-01T00:00:00.000Z', 'P1D', 'Europe/Atlantis'],
  ])('throws on a malformed instant, duration or zone: %s, %s, %s', (start, duration, zone) => {
    expect(() => addDuration(start, duration, zone)).toThrow(RangeError);
  });
});

const moments = fc
  .integer({ min: Date.UTC(1972, 0, 1), max: Date.UTC(2099, 11, 31) })
  .map((milliseconds) => new Date(milliseconds).toISOString());
const days = fc.integer({ min: 1, max: 4000 });
const TWO_HOURS = 2 * 3_600_000;

describe('addDuration, for any instant', () => {
  it('keeps the order of instants further apart than a clock change can fold', () => {
    const gaps = fc.integer({ min: TWO_HOURS, max: 10 * TWO_HOURS });
    fc.assert(
      fc.property(moments, gaps, days, (earlier, gap, count) => {
        const later = new Date(Date.parse(earlier) + gap).toISOString();
        expect(compareInstants(addDuration(earlier, `P${count}D`), addDuration(later, `P${count}D`))).not.toBe(1);
      }),
    );
  });

  it('keeps the wall-clock time for days, save one the spring change skips', () => {
    fc.assert(
      fc.property(moments, days, (start, count) => {
        const before = Temporal.Instant.from(start).toZonedDateTimeISO(LONDON).toPlainDateTime().add({ days: count });
        const after = Temporal.Instant.from(addDuration(start, `P${count}D`)).toZonedDateTimeISO(LONDON);
        const isSkipped = !before.toZonedDateTime(LONDON).toPlainDateTime().equals(before);
        expect(after.toPlainDateTime().equals(isSkipped ? before.add({ hours: 1 }) : before)).toBe(true);
      }),
    );
  });

  it('lets exactly the stated hours elapse', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 9999 }), (start, hours) => {
        expect(Date.parse(addDuration(start, `PT${hours}H`)) - Date.parse(start)).toBe(hours * 3_600_000);
      }),
    );
  });
});

describe('parseInstant', () => {
  it.each([
    ['2026-05-09T22:00:00+01:00', '2026-05-09T21:00:00.000Z'],
    ['2026-05-09t21:00:00z', '2026-05-09T21:00:00.000Z'],
    ['2026-05-09T21:00:00.5Z', '2026-05-09T21:00:00.500Z'],
    ['2026-05-09T21:00:00.123999Z', '2026-05-09T21:00:00.123Z'],
    ['2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['1900-01-01T00:00:00Z', '1900-01-01T00:00:00.000Z'],
    ['2200-12-31T23:59:59.999Z', '2200-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (text, normalised) => {
    expect(parseInstant(text)).toBe(normalised);
    expect(isInstant(text)).toBe(true);
  });

  it.each([
    ['2026-05-09T21:00:00', 'no offset'],
    ['2026-05-09', 'no time'],
    ['2026-05-09 21:00:00Z', 'a space for the T'],
    ['2026-02-29T00:00:00Z', 'a day that year lacks'],
    ['2026-13-01T00:00:00Z', 'a thirteenth month'],
    ['2026-05-09T24:00:00Z', 'hour 24'],
    ['2026-05-09T21:00:00+25:00', 'an offset beyond a day'],
    ['2026-05-09T21:00:00+01:00[Europe/London]', 'a zone in brackets'],
    ['1899-12-31T23:59:59Z', 'before 1900'],
    ['1900-01-01T00:30:00+01:00', 'before 1900 in UTC'],
    ['2201-01-01T00:00:00Z', 'after 2200'],
    ['+012026-05-09T21:00:00Z', 'an expanded year'],
    [' 2026-05-09T21:00:00Z', 'a leading space'],
    ['2026-05-09T21:00:00Z\n', 'a trailing line end'],
    ['', 'nothing'],
  ])('refuses %j: %s', (text) => {
    expect(parseInstant(text)).toBeNull();
    expect(isInstant(text)).toBe(false);
  });

  it('refuses what is not text', () => {
    expect([null, undefined, 0, new Date(0), {}].map(isInstant)).toEqual([false, false, false, false, false]);
  });

  it('reads back any instant from any offset, and its own output unchanged', () => {
    const offsets = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(moments, offsets, (moment, minutes) => {
        const sign = minutes < 0 ? '-' : '+';
        const size = Math.abs(minutes);
        const offset = `${sign}${String(Math.trunc(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
        const local = new Date(Date.parse(moment) + minutes * 60_000).toISOString().slice(0, -1);
        expect(parseInstant(local + offset)).toBe(moment);
        expect(parseInstant(moment)).toBe(moment);
      }),
    );
  });
});

describe('compareInstants', () => {
  it.each([
    ['2026-05-09T21:00:00Z', '2026-05-09T22:00:00+01:00', 0],
    ['2026-05-09T21:00:00Z', '2026-05-09T21:30:00+01:00', 1],
    ['2026-05-09T21:00:00Z', '2026-05-09T21:00:00.001Z', -1],
  ])('%s against %s is %d', (a, b, order) => {
    expect(compareInstants(a, b)).toBe(order);
  });
});

describe('ageOn', () => {
  it.each([
    ['2008-09-12', '2026-08-01T12:00:00Z', 17, '[LD-08] the day he is refused'],
    ['2008-09-12', '2026-09-11T22:59:59Z', 17, '[LD-08] the last second before the birthday in London'],
    ['2008-09-12', '2026-09-11T23:00:00Z', 18, '[LD-08] midnight in London, an hour before UTC'],
    ['2008-09-12', '2026-09-12T12:00:00Z', 18, '[LD-08] the day he is let in'],
    ['2014-05-03', '2027-03-10T12:00:00Z', 12, '[CN-16] a child of twelve'],
    ['2014-05-03', '2027-05-03T12:00:00Z', 13, '[CN-16] the thirteenth birthday'],
    ['2008-02-29', '2026-02-28T12:00:00Z', 17, '[LD-08] born on 29 February, the day before 1 March'],
    ['2008-02-29', '2026-03-01T00:00:00Z', 18, '[LD-08] born on 29 February, 1 March of a common year'],
    ['2008-02-29', '2028-02-29T00:00:00Z', 20, 'born on 29 February, a leap year'],
    ['2027-01-01', '2026-06-01T00:00:00Z', -1, 'not yet born'],
  ])('born %s, at %s: %d, %s', (born, at, age) => {
    expect(ageOn(born, at)).toBe(age);
  });

  it('goes by the day in the zone it is given', () => {
    expect(ageOn('2008-09-12', '2026-09-11T15:00:00Z', 'Asia/Tokyo')).toBe(18);
  });

  it.each(['2008-02-30', '12/09/2008', '20080912', '2008-09-12T10:00', ''])(
    'refuses %j without repeating a date of birth in the message',
    (born) => {
      expect(() => ageOn(born, '2026-01-01T00:00:00Z')).toThrow(
        new RangeError('The date of birth is not a calendar date of the form YYYY-MM-DD'),
      );
    },
  );
});

describe('withinQuietHours', () => {
  const night = { from: '20:00', to: '08:00' };

  it.each([
    ['2026-01-15T19:59:59Z', false, 'a second before'],
    ['2026-01-15T20:00:00Z', true, 'as they begin'],
    ['2026-01-15T23:59:59Z', true, 'before midnight'],
    ['2026-01-16T00:00:00Z', true, 'at midnight'],
    ['2026-01-16T07:59:59Z', true, 'the last second'],
    ['2026-01-16T08:00:00Z', false, 'as they end'],
    ['2026-07-15T19:30:00Z', true, 'half past eight in summer time'],
    ['2026-07-15T07:30:00Z', false, 'half past eight in the morning, summer time'],
    ['2026-03-29T00:59:59Z', true, 'a second before the clocks go on'],
    ['2026-03-29T07:00:00Z', false, 'eight on the morning the clocks went on'],
    ['2026-10-25T07:30:00Z', true, 'half past seven on the morning the clocks went back'],
  ])('[AMZ-105] %s: %s, %s', (at, isQuiet) => {
    expect(withinQuietHours(at, night)).toBe(isQuiet);
  });

  it('[AMZ-037] takes a window within one day', () => {
    const lunch = { from: '12:00', to: '14:00' };
    const times = ['11:59', '12:00', '13:59', '14:00'].map((time) => withinQuietHours(`2026-01-15T${time}:00Z`, lunch));
    expect(times).toEqual([false, true, true, false]);
  });

  it('is never quiet in a window that ends where it begins', () => {
    expect(withinQuietHours('2026-01-15T09:00:00Z', { from: '09:00', to: '09:00' })).toBe(false);
  });
});
