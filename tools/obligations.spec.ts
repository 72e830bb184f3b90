import { describe, expect, it } from '@jest/globals';
import { read, staleness, summary, table, type Obligation, type Report } from './obligations.js';

const catalogue: Obligation[] = [
  { id: 'LD-09', gist: 'Consent comes first.', enforceable: 'enforce automatically' },
  { id: 'BR-57', gist: 'Kept for a set time.', enforceable: 'task with deadline + evidence' },
  { id: 'LD-37', gist: 'Leavers | go.', enforceable: 'enforce automatically' },
];
type Test = [title: string, status?: string, ...around: string[]];
const suite = (file: string, ...tests: Test[]) => ({
  name: `/here/libs/${file}`,
  assertionResults: tests.map(([title, status = 'passed', ...ancestorTitles]) => ({ title, status, ancestorTitles })),
});
const from = (...testResults: Report['testResults']) => read(catalogue, { testResults }, '/here');
const proven = (...tests: Test[]) => {
  const { verdicts } = from(suite('x.spec.ts', ...tests));
  return verdicts.filter(({ proofs }) => proofs.length > 0).map(({ id }) => id);
};

describe('an obligation', () => {
  it('is proven by a passing test that names it, alone or with others, or inside a block that does', () => {
    expect(proven(['[LD-09, BR-57][LD-37] refuses'])).toEqual(['LD-09', 'BR-57', 'LD-37']);
    expect(proven(['refuses', 'passed', 'consent [LD-09]', 'of a child'])).toEqual(['LD-09']);
  });

  it('is not proven by a test that fails or did not run, or that has the id as a value', () => {
    expect(proven(['[LD-09] refuses', 'failed'], ['[LD-09] asks', 'pending'])).toEqual([]);
    expect(proven(['[LD-09] refuses', 'failed'], ['[LD-09] asks'])).toEqual(['LD-09']);
    expect(proven(['LD-09 without brackets'], ['reads ["LD-09"]'])).toEqual([]);
  });
});

it('reports every name that is not in the catalogue, also of a test that fails', () => {
  const tests: Test[] = [['[LD-9] refuses', 'failed'], ['[LD-09, BR-570] asks'], ['[R9] fires once']];
  expect(from(suite('x.spec.ts', ...tests)).unknown).toEqual([
    'BR-570 is not in the catalogue: [LD-09, BR-570] asks (libs/x.spec.ts)',
    'LD-9 is not in the catalogue: [LD-9] refuses (libs/x.spec.ts)',
  ]);
});

it('prints the proven and the missing of each mechanism, and the total', () => {
  const lines = summary(from(suite('x.spec.ts', ['[LD-37] removes'])).verdicts).split('\n');
  expect(lines.slice(0, 3)).toEqual(['enforce automatically: 1 of 2', '  proven:  LD-37', '  not yet: LD-09']);
  expect(lines.slice(4, 7)).toEqual(['task with deadline + evidence: 0 of 1', '  proven:  none', '  not yet: BR-57']);
  expect(lines.at(-2)).toBe('Proven by a passing test: 1 of 3 obligations');
});

describe('docs/obligations.md', () => {
  const one = suite('a.spec.ts', ['[LD-09] refuses'], ['[LD-09] asks a|b'], ['[LD-09] refuses']);
  const other = suite('b.spec.ts', ['[LD-09] asks']);

  it('has a section for each mechanism and a row for each test, whatever the order they ran in', () => {
    const text = table(from(other, one).verdicts);
    expect(text).toBe(table(from(one, other).verdicts));
    expect(text.slice(text.indexOf('##'), text.lastIndexOf('| Obligation')))
      .toBe(String.raw`## Enforce automatically: 1 of 2

| Obligation | Gist | Proven by the test | In |
| --- | --- | --- | --- |
| LD-09 | Consent comes first. | [LD-09] asks a\|b | ${'`libs/a.spec.ts`'} |
| | | [LD-09] refuses | ${'`libs/a.spec.ts`'} |
| | | [LD-09] asks | ${'`libs/b.spec.ts`'} |
| LD-37 | Leavers \| go. | not yet | |

## Task with deadline + evidence: 0 of 1

`);
  });

  it('is stale when it is not what the report says, and the sentence names the command that mends it', () => {
    expect(staleness('as it is', 'as it is')).toBeUndefined();
    expect(staleness('as it was', 'as it is')).toContain('run `npm run obligations -- --write` and commit it');
  });
});
