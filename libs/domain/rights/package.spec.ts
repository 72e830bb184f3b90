import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { rightsPackage } from './package.js';

const requestId = '0192f0c1-0000-7000-8000-000000000021';
const personId = '0192f0c1-0000-7000-8000-000000000022';
const keyId = '0192f0c1-0000-7000-8000-000000000025';
const sha256 = 'a'.repeat(64);
const rules = [{ profile: 'party@1', parameter: 'disclosure_rights', obligations: ['LD-45'] }];
const first = { requestId, edition: 1 };
const at = (now: string) => ({ now });
const ordering = (kind: string, more: object = {}, about: object = { personId }) => ({
  name: 'OrderPackage' as const,
  data: { about: { requestId, ...about }, request: { kind, isIdentityKnown: true, isAnswered: false, ...more }, rules },
});
const ordered = record('PackageOrdered', {
  ...first,
  personId,
  again: '2026-01-01T12:10:00.000Z',
  giveUpAt: '2026-01-03T12:00:00.000Z',
});
const searched = [{ service: 'membership', searchedAt: '2026-01-01T12:00:01.000Z', found: 3 }];
const compiled = record('PackageCompiled', {
  ...first,
  sha256,
  searched,
  others: 2,
  destroyAt: '2027-01-01T12:00:00.000Z',
});
const compiling = { name: 'CompilePackage', data: { ...first, sha256, searched, others: 2 } } as const;
const { given } = specify(rightsPackage);

describe('a package', () => {
  it('[LD-45] is put together for whoever asks to see, once it is known who that is', () => {
    given()
      .when(ordering('access'))
      .expectEvents({ ...ordered, rules });
    given()
      .when(ordering('erasure'))
      .expectRefused('NotForDisclosure', { obligations: ['LD-45'] });
    given()
      .when(ordering('access', { isIdentityKnown: false }))
      .expectRefused('IdentityUnknown');
    given()
      .when(ordering('access', { isAnswered: true }))
      .expectRefused('RequestAnswered');
    given()
      .when(ordering('access', {}, {}))
      .expectRefused('NobodyNamed');
    given(ordered).when(ordering('access')).expectNothing();
  });

  it('is searched for again until the search is given up, and then no more', () => {
    const chasing = { name: 'ChaseSearch', data: first } as const;
    given(ordered)
      .when(chasing, at('2026-01-01T12:10:00.000Z'))
      .expectEvents(record('PackageSearchRepeated', { ...first, again: '2026-01-01T12:20:00.000Z' }));
    const over = record('PackageNotCompiled', { ...first, because: 'service_out_of_reach' as const });
    given(ordered).when(chasing, at('2026-01-03T12:00:00.000Z')).expectEvents(over);
    given(ordered, compiled).when(chasing, at('2026-01-01T12:10:00.000Z')).expectNothing();
    given(ordered, over).when(chasing, at('2026-01-04T12:10:00.000Z')).expectNothing();
  });

  it('is compiled once for a search, and another search takes its place', () => {
    given(ordered).when(compiling).expectEvents(compiled);
    given(ordered, compiled).when(compiling).expectNothing();
    const second = { requestId, edition: 2 };
    given(ordered, compiled, { ...ordered, data: { ...ordered.data, edition: 2 } })
      .when({ name: 'CompilePackage', data: { ...compiling.data, ...second } })
      .expectEvents(record('PackageDestroyed', { ...first, because: 'replaced' as const }), {
        ...compiled,
        data: { ...compiled.data, ...second },
      });
  });

  it('shows another person only where it was decided so, once', () => {
    const decided = { requestId, label: 2, isDisclosed: true, ground: 'consent' as const, sha256 };
    const deciding = (more: object = {}) => ({ name: 'DecideDisclosure' as const, data: { ...decided, ...more } });
    const shown = record('DisclosureDecided', { ...decided, edition: 1 });
    given(ordered, compiled).when(deciding()).expectEvents(shown);
    given(ordered, compiled, shown).when(deciding()).expectNothing();
    given(ordered, compiled)
      .when(deciding({ isDisclosed: false }))
      .expectNothing();
    given(ordered, compiled)
      .when(deciding({ label: 3 }))
      .expectRefused('LabelUnknown');
    given(ordered).when(deciding()).expectRefused('NoPackage');
  });

  it('has each reading on record', () => {
    const reading = { name: 'NoteReading', data: { requestId, keyId, form: 'html' } } as const;
    given(ordered, compiled)
      .when(reading)
      .expectEvents(record('PackageRead', { ...first, keyId, form: 'html' as const }));
    given(ordered).when(reading).expectRefused('NoPackage');
  });

  it('is kept for three months after the answer, a year at most, and then destroyed', () => {
    const ending = { name: 'EndPackage', data: { requestId } } as const;
    const end = record('PackageEndSet', { ...first, destroyAt: '2026-04-20T11:00:00.000Z' });
    given(ordered, compiled).when(ending, at('2026-01-20T12:00:00.000Z')).expectEvents(end);
    given(ordered, compiled).when(ending, at('2026-12-20T12:00:00.000Z')).expectNothing();
    given(ordered).when(ending).expectNothing();
    const expiring = { name: 'ExpirePackage', data: first } as const;
    given(ordered, compiled, end).when(expiring, at('2026-04-20T10:59:59.999Z')).expectNothing();
    given(ordered, compiled, end)
      .when(expiring, at('2026-04-20T11:00:00.000Z'))
      .expectEvents(record('PackageExpired', first));
    const gone = record('PackageDestroyed', { ...first, because: 'time_over' as const });
    const confirming = { name: 'ConfirmDestroyed', data: { requestId, because: 'time_over' } } as const;
    given(ordered, compiled).when(confirming).expectEvents(gone);
    given(ordered, compiled, gone).when(confirming).expectNothing();
    expect(rightsPackage.category).toBe('package');
  });
});
