import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { explain } from './explain.js';
import { begin, byPrecedence, type KeepingRule, rulesFor } from './precedence.js';

const zone = 'Europe/London';
const sentAt = '2024-02-29T14:05:00.000Z';
const rule = (more: Partial<KeepingRule> = {}): KeepingRule => ({
  from: 'schedule',
  recordClass: 'message',
  groupType: '*',
  period: 'P2Y',
  trigger: 'sent',
  atEnd: 'delete',
  basis: 'explicit',
  startedAt: sentAt,
  ...more,
});
const waiting = (more: Partial<KeepingRule> = {}): KeepingRule => {
  const { startedAt: _, ...rest } = rule({ trigger: 'group_closed', ...more });
  return rest;
};
const decides = (...rules: KeepingRule[]) => byPrecedence(rules, zone)[0]!.rule;

describe('which of several rules decides', () => {
  it('[CN-19] the longest retention beats a shorter one, whatever else is said of it', () => {
    const long = rule({ period: 'P3Y', basis: 'implied', atEnd: 'review' });
    expect(decides(rule(), long)).toBe(long);
  });

  it('what has no end yet outlasts what has', () => {
    const open = waiting({ period: 'P1D' });
    expect(decides(rule({ period: 'P99Y' }), open)).toBe(open);
    expect(decides(open, waiting({ period: 'P2D' }))).toMatchObject({ period: 'P2D' });
  });

  it('of equal ends the explicit rule beats the implied one', () => {
    const explicit = rule({ atEnd: 'review' });
    expect(decides(rule({ basis: 'implied' }), explicit)).toBe(explicit);
    // Twenty-four months and two years end on the same instant.
    expect(decides(rule({ period: 'P24M', basis: 'implied' }), explicit)).toBe(explicit);
  });

  it('then the one that has it gone soonest: deleted, handed over, reviewed', () => {
    const [remove, transfer, review] = (['delete', 'transfer', 'review'] as const).map((atEnd) => rule({ atEnd }));
    expect(decides(review!, transfer!, remove!)).toBe(remove);
    expect(decides(review!, transfer!)).toBe(transfer);
  });

  const rules: fc.Arbitrary<KeepingRule> = fc
    .record({
      period: fc.constantFrom('P1D', 'P1M', 'P6M', 'P1Y', 'P12M', 'P2Y', 'P24M', 'P7Y'),
      trigger: fc.constantFrom('sent' as const, 'group_closed' as const, 'person_left' as const),
      atEnd: fc.constantFrom('delete' as const, 'review' as const, 'transfer' as const),
      basis: fc.constantFrom('explicit' as const, 'implied' as const),
      startedAt: fc.option(fc.constantFrom(sentAt, '2025-03-30T00:30:00.000Z', '2026-10-25T01:30:00.000Z'), {
        nil: undefined,
      }),
    })
    .map(({ startedAt, ...rest }) => ({ from: 'schedule' as const, ...rest, ...(startedAt ? { startedAt } : {}) }));

  it('[BR-57] [CN-19] whatever the rules: nothing ends before any of them lets it, and their order does not matter', () => {
    fc.assert(
      fc.property(fc.array(rules, { minLength: 1, maxLength: 6 }), fc.integer(), (all, turn) => {
        const [first, ...others] = byPrecedence(all, zone);
        for (const other of others) {
          if (first!.endsAt !== undefined) expect(other.endsAt! <= first!.endsAt).toBe(true);
          if (other.endsAt === first!.endsAt && first!.endsAt !== undefined) {
            if (other.rule.basis === 'explicit') expect(first!.rule.basis).toBe('explicit');
            if (other.rule.basis === first!.rule.basis && other.rule.atEnd === 'delete')
              expect(first!.rule.atEnd).toBe('delete');
          }
        }
        const turned = all.map((_, index) => all[(index + Math.abs(turn)) % all.length]!);
        const [again] = byPrecedence(turned, zone);
        expect([again!.endsAt, again!.rule.basis, again!.rule.atEnd]).toEqual([
          first!.endsAt,
          first!.rule.basis,
          first!.rule.atEnd,
        ]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('whatever the rules: each has a sentence, exactly one decides, and under a hold the holds do', () => {
    fc.assert(
      fc.property(fc.array(rules, { minLength: 1, maxLength: 5 }), fc.boolean(), (all, isHeld) => {
        const terms = { schedule: { number: 3, contentVersion: 'abc' }, rules: all };
        const reasons = explain(terms, isHeld ? ['hold-1', 'hold-2'] : [], zone);
        expect(reasons).toHaveLength(all.length + (isHeld ? 2 : 0));
        const deciding = reasons.filter((reason) => reason.decides);
        expect(deciding).toHaveLength(isHeld ? 2 : 1);
        if (isHeld) expect(deciding.every(({ because }) => because.includes('a hold beats deletion'))).toBe(true);
        for (const { because } of reasons) expect(because).toMatch(/^[A-Z][^\n]*\.$/);
      }),
    );
  });
});

describe('in words', () => {
  const said = (rules: KeepingRule[], keptUntil?: string) =>
    explain({ schedule: { number: 3, contentVersion: 'abc' }, rules }, [], zone, keptUntil).map(
      ({ because }) => because,
    );

  it('names the rule, its time and why it decides or gives way', () => {
    const implied = rule({ recordClass: '*', groupType: 'emergency-response', basis: 'implied', atEnd: 'review' });
    expect(said([implied, rule(), waiting({ period: 'P1Y6M' })])).toEqual([
      'The explicit rule of schedule version 3 for the class message in every group keeps it for 1 year and 6 months from when its group is closed, which has not happened, then it has to be deleted; it decides, because the longest retention beats a shorter one.',
      'The explicit rule of schedule version 3 for the class message in every group keeps it for 2 years from when it was sent, until 2026-02-28T14:05:00.000Z, then it has to be deleted; another rule keeps it longer.',
      'The implied rule of schedule version 3 for every class in groups of the type emergency-response keeps it for 2 years from when it was sent, until 2026-02-28T14:05:00.000Z, then somebody decides; another rule keeps it longer.',
    ]);
    expect(said([implied, rule()])[1]).toContain('an explicit rule of the same end beats it');
    expect(said([rule({ atEnd: 'review' }), rule()])).toEqual([
      expect.stringContaining('of equal ends the shortest deletion counts'),
      expect.stringContaining('another rule of the same end has it gone sooner'),
    ]);
  });

  it('says that a review keeps it, while it does', () => {
    expect(said([rule()], '2030-01-01T00:00:00.000Z')[0]).toBe(
      'Somebody decided at its review to keep it until 2030-01-01T00:00:00.000Z.',
    );
    expect(said([rule()], '2025-01-01T00:00:00.000Z')).toHaveLength(1);
  });
});

describe('what bears on an item', () => {
  const all = [
    { recordClass: 'message', groupType: '*', trigger: 'sent' as const },
    { recordClass: '*', groupType: 'users', trigger: 'sent' as const },
    { recordClass: 'minutes', groupType: '*', trigger: 'sent' as const },
    { recordClass: '*', groupType: '*', trigger: 'group_closed' as const },
  ];

  it('[CN-19] its class or each, its group’s type or each, and a time that can begin', () => {
    const inGroup = { recordClass: 'message', groupType: 'users', canHappen: ['sent', 'group_closed'] as const };
    expect(rulesFor(all, inGroup)).toEqual([all[0], all[1], all[3]]);
    expect(rulesFor(all, { recordClass: 'message', canHappen: ['sent'] })).toEqual([all[0]]);
  });

  it('a time begins once, but for the end of an inquiry, which may be followed by another', () => {
    const [once, again] = ['2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'] as const;
    const begun = (trigger: 'group_closed' | 'inquiry_ended') =>
      [once, again].reduce((terms, at) => begin(terms, trigger, at), { rules: [waiting({ trigger })] }).rules[0]!
        .startedAt;
    expect([begun('group_closed'), begun('inquiry_ended')]).toEqual([once, again]);
  });
});
