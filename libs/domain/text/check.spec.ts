import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { loadProfiles } from '../../../policies/load.js';
import { type OrganisationOverrides, resolvePolicy } from '../policy/policy.js';
import { checkText, linkFault, TEXT_LIMITS, type TextFacts } from './check.js';
import { TEXT_KINDS, textVersion } from './text.js';

const ada = '0192f0c1-0000-7000-8000-000000000001';
const ben = '0192f0c1-0000-7000-8000-000000000002';
const link = 'https://example.org/agreement';
const policy = (profile: string, groupType: string, own: OrganisationOverrides = {}) =>
  resolvePolicy(loadProfiles().get(profile)!, groupType, own);
const facts: TextFacts = {
  official: true,
  organisation: 'Amaze',
  agreementLink: link,
  website: 'example.org',
  moderators: [ada],
  names: [ada],
  attested: [],
};
const description = (groupType: string, bodies: Readonly<Record<string, string>>, known: Partial<TextFacts> = {}) => {
  const good: Record<string, string> = {
    organisation: 'A group of Amaze.',
    phone_consent: 'By joining you agree that all see your number.',
    agreement_link: `Our agreement: ${link}`,
    admin_names: 'Ada moderates.',
    concern_route: 'Tell Ada.',
    quiet_hours: 'Nothing after 8pm.',
    no_private_messages: 'No private messages.',
    named_contact: 'Ada is there for you.',
    ...bodies,
  };
  const sections = Object.entries(good).map(([topic, body]) => ({ topic, body }));
  return checkText(policy('parent-carer-charity', groupType), 'description', sections, { ...facts, ...known }).map(
    ({ item }) => item,
  );
};

describe('evidence that a machine can see', () => {
  it.each([
    ['[AMZ-008] the organisation’s name', 'organisation', 'A group of the charity.'],
    ['[AMZ-009] [AMZ-101] that joining is consent to showing the number', 'phone_consent', 'Numbers are visible.'],
    ['[AMZ-010] [AMZ-108] the link of the published agreement', 'agreement_link', 'See https://example.org/old'],
  ])('is looked for: %s', (_, topic, body) => {
    expect(description('users', { [topic]: body })).toEqual([topic]);
    expect(description('users', {})).toEqual([]);
  });

  it('[AMZ-101] can be vouched for by the writer where the words are in another language', () => {
    const welsh = { phone_consent: 'Wrth ymuno rydych yn cytuno i bawb weld eich rhif.' };
    expect(description('users', welsh)).toEqual(['phone_consent']);
    expect(description('users', welsh, { attested: ['phone_consent'] })).toEqual([]);
    const { phone_consent: _, ...without } = { phone_consent: '', other: 'x' };
    expect(description('users', { ...without, phone_consent: ' ' }, { attested: ['phone_consent'] })).toEqual([
      'phone_consent',
    ]);
  });

  it('[AMZ-011] [AMZ-102] [AMZ-103] takes names of those who run the group now, or a pointer at the marked admins', () => {
    expect(description('users', {}, { names: [ben] })).toEqual(['admin_names']);
    expect(description('users', {}, { names: [] })).toEqual(['admin_names']);
    expect(description('users', { admin_names: 'See the admins.' }, { names: [], attested: ['admin_names'] })).toEqual(
      [],
    );
  });

  it.each(['nothing after 20:00', 'nothing after 8 p.m.', 'nothing after 8pm', 'nothing after 20.00'])(
    '[AMZ-105] takes the quiet hours said as "%s"',
    (body) => {
      expect(description('young-people', { quiet_hours: body })).toEqual([]);
    },
  );

  it.each(['nothing late', 'nothing after 9pm', 'nothing after 8 in the morning'])(
    '[AMZ-105] refuses the quiet hours said as "%s"',
    (body) => {
      expect(description('young-people', { quiet_hours: body })).toEqual(['quiet_hours']);
    },
  );

  it('[AMZ-107] refuses a named contact who does not work with the group now', () => {
    expect(description('young-people', {}, { names: [ada, ben] })).toContain('named_contact');
  });
});

describe('what is wrong whatever the text is for', () => {
  const notice = (...bodies: string[]) =>
    checkText(
      policy('political-party', 'party-group'),
      'notice',
      [
        { topic: 'purpose', body: bodies[0] ?? 'For the campaign.' },
        { topic: 'duration', body: bodies[1] ?? 'Until 7 May.' },
      ],
      facts,
    );

  it('an open field is named, with its place', () => {
    expect(notice('For {purpose}.')).toMatchObject([{ item: 'purpose', where: 'sections/0' }]);
  });

  it('[LD-11] an empty section does not tell anything', () => {
    expect(notice('Campaign', '\u2060 \u200B')).toMatchObject([
      { item: 'duration', where: 'sections/1', rule: { parameter: 'notice_items', obligations: ['LD-11'] } },
    ]);
  });

  it('the app’s limits count UTF-16 units, so an emoji is two', () => {
    const name = (body: string) =>
      checkText(policy('political-party', 'party-group'), 'name', [{ topic: 'name', body }], facts);
    expect(name('💜'.repeat(50))).toEqual([]);
    expect(name(`${'💜'.repeat(50)}x`)).toMatchObject([{ item: 'length' }]);
    expect(TEXT_LIMITS.description).toBe(2048);
  });

  it('[HSU-11] an invitation keeps its place for the link open', () => {
    const society = policy('students-union', 'society');
    const sections = ['organisation', 'purpose', 'phone_visibility', 'who_may_join', 'rules'].map((topic) => ({
      topic,
      body: 'Amaze: something',
    }));
    const check = (body: string) =>
      checkText(society, 'invitation', [...sections, { topic: 'join_link', body }], facts);
    expect(check('Join: {joinLink}')).toEqual([]);
    expect(check('Join: somehow')).toMatchObject([{ item: 'join_link' }]);
  });

  it('no words throw, and equal words have an equal version', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEXT_KINDS), fc.string({ unit: 'binary' }), (kind, body) => {
        checkText(policy('parent-carer-charity', 'users'), kind, [{ topic: 'phone_consent', body }], facts);
        expect(textVersion(kind, body)).toBe(textVersion(kind, body));
      }),
      { numRuns: 50 },
    );
  });
});

describe('where an agreement may be', () => {
  it.each([
    ['http://example.org/a', 'The link is not an https address.'],
    ['javascript:alert(1)', 'The link is not an https address.'],
    ['https://example.org@evil.example/a', 'The link is not an https address.'],
    ['https://notexample.org/a', 'The link does not lead to the website of the organisation.'],
    ['', 'The link is not an https address.'],
  ])('[AMZ-015] not at %s', (address, because) => {
    expect(linkFault(address, 'example.org')).toBe(because);
  });

  it('[AMZ-015] on the organisation’s own site, or one below it', () => {
    expect(linkFault(link, 'example.org')).toBeUndefined();
    expect(linkFault('https://www.example.org/a', 'Example.org')).toBeUndefined();
    expect(linkFault(link, undefined)).toContain('website');
  });
});
