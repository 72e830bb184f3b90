import { describe, expect, it } from '@jest/globals';
import { isTransient, WrongExpectedVersion } from './errors.js';

const failed = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

describe('faults that pass by themselves', () => {
  it('[R9] are conflicts, deadlocks, a server that restarts or is full, and lost connections', () => {
    for (const code of ['40001', '40P01', '57P01', '53300', '53100', '53200', '08006', 'ECONNRESET'])
      expect([code, isTransient(failed(code))]).toEqual([code, true]);
    expect(isTransient(new WrongExpectedVersion(['group-1']))).toBe(true);
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
  });

  it('[R9] are known through the wrapping of the object mapper', () => {
    expect(isTransient(Object.assign(new Error('failed'), { driverError: failed('53100') }))).toBe(true);
  });

  it('[R9] are not bugs, refused rights or rows that break a rule', () => {
    for (const code of ['23505', '42501', '42P01', '22P02'])
      expect([code, isTransient(failed(code))]).toEqual([code, false]);
    expect(isTransient(new TypeError('undefined is not a function'))).toBe(false);
    expect(isTransient('40001')).toBe(false);
  });
});
