import { describe, expect, it } from '@jest/globals';
import { fillSections } from './template.js';

const sections = [
  { topic: 'purpose', body: 'This group is for {purpose}.' },
  { topic: 'duration', body: 'We need it {duration}.' },
];

describe('filling in a model text', () => {
  it('puts the group’s own words in, without the space around them', () => {
    expect(fillSections(sections, { purpose: ' canvassing ', duration: 'until May' })).toEqual({
      sections: [
        { topic: 'purpose', body: 'This group is for canvassing.' },
        { topic: 'duration', body: 'We need it until May.' },
      ],
      missing: [],
    });
  });

  it.each([
    ['nothing', undefined],
    ['blanks', ' \n'],
    ['what nobody can see', '\u200b\u2060'],
    ['another open field', '{purpose}'],
    ['words with an open field', 'until {end}'],
  ])('[LD-11] counts %s as not stated', (_, duration) => {
    const { sections: filled, missing } = fillSections(sections, {
      purpose: 'canvassing',
      ...(duration ? { duration } : {}),
    });
    expect(missing).toEqual([{ topic: 'duration', field: 'duration' }]);
    expect(filled[1]).toEqual(sections[1]);
  });

  it('leaves braces alone that are no field', () => {
    const purpose = '${7*7} {{7*7}} {not a field}';
    expect(fillSections(sections, { purpose, duration: 'now' }).missing).toEqual([]);
  });
});
