import { describe, expect, it } from '@jest/globals';
import {
  checkText,
  fillSections,
  joinSections,
  modelSections,
  requiredKinds,
  requiredTopics,
  resolvePolicy,
  type ResolvedPolicy,
  TEXT_KINDS,
  TEXT_LIMITS,
  type TextFacts,
  type TextKind,
} from '#domain';
import { loadProfiles } from '../load.js';
import { loadModelTexts, parseModelTexts } from './load.js';

const { general, profiles } = loadModelTexts();
const policies = [...loadProfiles().values()].flatMap((profile) =>
  profile.groupTypes.map(({ id }) => resolvePolicy(profile, id)),
);
const ada = '0192f0c1-0000-7000-8000-000000000001';
const site = 'https://example.org';
const fields = {
  groupName: 'Amaze parents',
  purpose: 'parents of young children',
  duration: 'until 7 May 2026',
  organisation: 'Amaze',
  whoMayJoin: 'members',
  moderators: 'Ada and Ben',
  namedContact: 'Ada',
  contact: 'help@example.org',
  agreementLink: `${site}/agreement`,
  standardLink: `${site}/standard`,
  privacyLink: `${site}/privacy`,
  equalityLink: `${site}/equality`,
  policyLinks: `${site}/policies`,
};
const factsOf = (policy: ResolvedPolicy): TextFacts => ({
  official: policy.groupType !== 'unofficial',
  organisation: fields.organisation,
  agreementLink: fields.agreementLink,
  website: 'example.org',
  moderators: [ada],
  names: [ada],
  attested: [],
});
const hours = (policy: ResolvedPolicy): Record<string, string> => {
  const { value } = policy.parameters.quiet_hours;
  return value ? { quietFrom: value.from, quietTo: value.to } : {};
};
const modelOf = (policy: ResolvedPolicy, kind: TextKind) =>
  modelSections(general, profiles.get(policy.profile), policy, kind);
const rendered = (policy: ResolvedPolicy, kind: TextKind) => {
  const own = policy.groupType === 'unofficial' ? { groupName: 'Unofficial chat, no moderator' } : {};
  return fillSections(modelOf(policy, kind), { ...fields, ...hours(policy), ...own }, kind);
};
const about = (policy: ResolvedPolicy) => `${policy.profile}/${policy.groupType}`;
const everyText = policies.flatMap((policy) =>
  TEXT_KINDS.map((kind): [string, TextKind, ResolvedPolicy] => [about(policy), kind, policy]),
);

describe('the model texts', () => {
  it.each(everyText)('of %s: the %s passes its own check, filled, within its length', (_, kind, policy) => {
    const { sections, missing } = rendered(policy, kind);
    expect(missing).toEqual([]);
    expect(checkText(policy, kind, sections, factsOf(policy))).toEqual([]);
    expect(joinSections(sections).length).toBeLessThanOrEqual(TEXT_LIMITS[kind]);
  });

  it('name the field that a group has not stated, where it is needed', () => {
    const policy = policies.find(({ profile }) => profile === 'students-union')!;
    const { purpose: _, ...rest } = fields;
    const { missing, sections } = fillSections(modelOf(policy, 'invitation'), rest, 'invitation');
    expect(missing).toEqual([{ topic: 'purpose', field: 'purpose' }]);
    expect(checkText(policy, 'invitation', sections, factsOf(policy))).toMatchObject([{ item: 'purpose' }]);
  });

  it('of a file that does not fit are refused, with the place', () => {
    const text = 'texts: { agreement: [{ topic: Bad Topic, body: x }] }\ndocuments: {}';
    expect(() => parseModelTexts('mine.yaml', text)).toThrow('mine.yaml: /texts/agreement/0/topic');
  });
});

type Row = [id: string, where: string, kind: TextKind, topic: string, policy: ResolvedPolicy];
const answered = everyText.flatMap(([where, kind, policy]): Row[] =>
  modelOf(policy, kind).flatMap(({ topic, obligations }) =>
    obligations.map((id): Row => [id, where, kind, topic, policy]),
  ),
);
const first = (rows: readonly Row[]) => [
  ...new Map(rows.map((row) => [`${row[0]} ${row[2]} ${row[3]}`, row])).values(),
];
const isRequired = ([, , kind, topic, policy]: Row) => requiredTopics(policy, kind).includes(topic);

describe('a topic that the guidance asks for', () => {
  it.each(first(answered.filter(isRequired)))(
    '[%s] in %s: the %s is refused without %s, or with nothing said about it, and the model says it',
    (_, __, kind, topic, policy) => {
      const { sections } = rendered(policy, kind);
      expect(sections.find((section) => section.topic === topic)?.body).toMatch(/\p{L}{2}/u);
      const without = sections.filter((section) => section.topic !== topic);
      const empty = sections.map((section) => (section.topic === topic ? { topic, body: ' \u200B\n' } : section));
      for (const text of [without, empty])
        expect(checkText(policy, kind, text, factsOf(policy)).map(({ item }) => item)).toContain(topic);
    },
  );

  it.each(first(answered.filter((row) => !isRequired(row))))(
    '[%s] in %s: the model %s has a line about %s',
    (_, __, kind, topic, policy) => {
      const { sections } = rendered(policy, kind);
      expect(sections.find((section) => section.topic === topic)?.body).toMatch(/\p{L}{2}/u);
    },
  );

  const lines = [...profiles].flatMap(([profile, { documents }]) =>
    Object.entries(documents).flatMap(([document, sections]) =>
      sections.flatMap(({ topic, body, obligations }) => obligations.map((id) => [id, profile, document, topic, body])),
    ),
  );
  it.each(lines)(
    '[%s] of %s: the document %s, which is read and acknowledged, has a line about %s',
    (_, profile, document, __, body) => {
      expect(body).toMatch(/\p{L}{2}/u);
      const owed = policies
        .filter((policy) => policy.profile === profile)
        .flatMap(({ parameters }) => parameters.acknowledgements.value);
      expect(owed.map((one) => one.document)).toContain(document);
    },
  );
});

describe('what a group has to have before it is used', () => {
  const kindsOf = (where: string) => requiredKinds(policies.find((policy) => about(policy) === where)!);

  it('[AMZ-007] [AMZ-014] [AMZ-083] [AMZ-089] of the charity: a name, a description, an agreement and a welcome where users are', () => {
    for (const type of ['users', 'young-people', 'wider-forum'])
      expect(kindsOf(`parent-carer-charity/${type}`)).toEqual(['name', 'description', 'agreement', 'welcome']);
    expect(kindsOf('parent-carer-charity/staff-only')).toEqual(['name']);
    expect(kindsOf('parent-carer-charity/unofficial')).toEqual(['name']);
  });

  it('[LD-28] [HSU-09] [HSU-12] of the party: rules; of the union: guidelines and an invitation; of the councils: nothing', () => {
    expect(kindsOf('political-party/party-group')).toEqual(['agreement']);
    expect(kindsOf('students-union/society')).toEqual(['agreement', 'invitation']);
    expect(kindsOf('district-councils/team-chat')).toEqual([]);
  });
});
