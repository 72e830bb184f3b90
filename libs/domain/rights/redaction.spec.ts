import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { disclose, idsIn, redact } from './redaction.js';

const me = '0192f0c1-0000-7000-8000-000000000001';
const bo = '0192f0c1-0000-7000-8000-000000000002';
const stranger = '0192f0c1-0000-7000-8000-000000000003';
const group = '0192f0c1-0000-7000-8000-000000000009';
const people = {
  subjectId: me,
  known: new Map([
    [me, 'Ann Meier'],
    [bo, 'Bo Lund'],
  ]),
};

describe('[LD-45] other people in what one person is shown', () => {
  it('are labels, the same wherever they occur, by id and by name', () => {
    const document = {
      personId: me,
      groupId: group,
      addedBy: bo,
      owners: [me, stranger, bo],
      text: 'Ann Meier and BO LUND met; Bo Lundgren did not',
    };
    const { document: redacted, others } = redact(document, people);
    expect(disclose(redacted, others, [])).toEqual({
      personId: me,
      groupId: group,
      addedBy: 'another person 1',
      owners: [me, 'another person 2', 'another person 1'],
      text: 'Ann Meier and another person 1 met; Bo Lundgren did not',
    });
    expect(others).toEqual([
      { label: 1, personId: bo, name: 'Bo Lund' },
      { label: 2, personId: stranger },
    ]);
  });

  it('are shown where it was decided so, by name or by id', () => {
    const { document, others } = redact({ owners: [bo, stranger], text: 'by Bo Lund' }, people);
    expect(disclose(document, others, [1])).toEqual({ owners: ['Bo Lund', 'another person 2'], text: 'by Bo Lund' });
    expect(disclose(document, others, [2])).toEqual({
      owners: ['another person 1', stranger],
      text: 'by another person 1',
    });
  });

  it('cannot be had by writing a label', () => {
    const { document, others } = redact({ text: 'who is \u27e6another person 1\u27e7?', ownerId: bo }, people);
    expect(disclose(document, others, [1])).toEqual({ text: 'who is [another person 1]?', ownerId: 'Bo Lund' });
  });

  it('never stand in it by id, wherever they were', () => {
    const leaf = fc.constantFrom<unknown>(me, bo, bo.toUpperCase(), group, 'words', 7, null);
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node')),
        fc.dictionary(fc.constantFrom('a', 'owners'), tie('node')),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (document) => {
        const redacted = redact(document, people);
        expect(JSON.stringify(redacted.document).toLowerCase()).not.toContain(bo);
        expect(idsIn(redacted.document).every((id) => id === me || id === group)).toBe(true);
      }),
    );
  });
});
