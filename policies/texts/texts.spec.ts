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

type Place = [profile: string, groupType: string, kind: TextKind] | [profile: string, document: string];
type Said = [id: string, place: Place, topic: string, ...words: RegExp[]];
const party: Place = ['political-party', 'guidance'];
const risks: Place = ['council-citizen-contact', 'risks'];
const councils: Place = ['district-councils', 'guidance'];
const moderators: Place = ['parent-carer-charity', 'policy'];
const workGroup: Place = ['parent-carer-charity', 'staff-and-volunteers', 'notice'];
const users: Place = ['parent-carer-charity', 'users', 'agreement'];
const emergency: Place = ['district-councils', 'emergency-response', 'notice'];

/** What people have to be told, and the words without which the line about it would not tell them. */
const told: Said[] = [
  ['LD-14', party, 'broadcast_lists', /useful/, /team/],
  ['LD-16', ['political-party', 'party-group', 'notice'], 'purpose', /team/, /that work alone/],
  ['LD-17', party, 'not_for_secrets', /confidential/, /sensitive personal/, /encrypted/],
  ['LD-18', party, 'approved_systems', /systems/, /approved/],
  ['LD-19', party, 'formal_decisions', /formal/, /email/],
  ['LD-22', party, 'not_for_secrets', /sensitive/],
  ['LD-24', party, 'disappearing', /disappearing/],
  ['LD-36', party, 'disappearing', /disappearing/, /group/],
  ['LD-30', ['political-party', 'party-group', 'agreement'], 'arguments', /not argue/],
  ['CN-22', risks, 'no_forwarding', /automatically/, /outside/],
  ['CN-23', risks, 'single_forwards', /confidential/, /personal/],
  ['CN-24', risks, 'nothing_binding', /binds/, /record/],
  ['CN-25', risks, 'no_mail_store', /email/],
  ['CN-28', risks, 'discipline', /disciplinary/, /dismissal/],
  ['BR-01', councils, 'aims', /quickly/, /security/, /records/],
  ['BR-17', councils, 'care', /got out/, /background/],
  ['BR-27', councils, 'good_uses', /venue/, /stands in/, /where to find/],
  ['BR-29', councils, 'good_uses', /urgent email/],
  ['BR-28', councils, 'never', /personal or confidential/, /staff, customers or council/, /systems/],
  ['BR-30', councils, 'never', /what such an urgent email says/],
  ['BR-36', councils, 'disappearing', /no proof/],
  ['BR-39', councils, 'keep_calm', /calm/],
  ['BR-44', councils, 'pictures', /confidential or sensitive/],
  ['BR-49', councils, 'calls', /[Aa]void/, /video/],
  ['BR-53', emergency, 'what_may_be_said', /may be posted/, /under the rules/],
  ['BR-55', emergency, 'what_may_be_said', /resident/, /sensitive/],
  ['BR-65', emergency, 'changed_details', /tell an administrator/],
  ['AMZ-003', moderators, 'posts_stay', /wrote/, /stays/],
  ['AMZ-005', moderators, 'what_for', /keep in touch/, /parent carers/, /support each other/],
  ['AMZ-036', moderators, 'out_of_hours', /volunteers/, /ring/, /senior/],
  ['AMZ-092', moderators, 'steering', /turn a conversation away/, /openly/],
  ['AMZ-093', moderators, 'steering', /private/, /deleted/],
  ['AMZ-100', moderators, 'settings', /admins alone/],
  ['AMZ-048', workGroup, 'about_work', /pictures/, /work/],
  ['AMZ-049', workGroup, 'good_uses', /information/, /colleagues/, /late/],
  ['AMZ-058', workGroup, 'no_user_names', /not name/],
  ['AMZ-059', workGroup, 'no_user_names', /initials/, /short practical/],
  ['AMZ-060', workGroup, 'no_cases', /not discuss/],
  ['AMZ-062', workGroup, 'advice', /advice/, /nobody can tell/],
  ['AMZ-063', workGroup, 'off_duty', /outside their hours/],
  ['AMZ-064', workGroup, 'off_duty', /befrienders/, /peer supporters/],
  ['AMZ-110', users, 'concern_route', /moderator/, /manager/],
  ['AMZ-122', users, 'concern_route', /out for each other/, /worries/],
  ['AMZ-127', users, 'concern_route', /unsafe/],
  ['AMZ-128', users, 'consequences', /delete a post/, /in peace/, /for a time, or for good/],
];

describe('what people have to be told', () => {
  it.each(told)('[%s] is told in %j, by the line about %s', (id, place, topic, ...words) => {
    const [profile, where, kind] = place;
    const policy = policies.find((one) => one.profile === profile && one.groupType === where);
    const sections = kind ? modelOf(policy!, kind) : profiles.get(profile)!.documents[where]!;
    const section = sections.find((one) => one.topic === topic)!;
    expect(section.obligations).toContain(id);
    for (const word of words) expect(section.body).toMatch(word);
  });

  it('[HSU-21] the guidelines of a representative’s group are ready to be pasted into the chat', () => {
    const policy = policies.find((one) => about(one) === 'students-union/representative')!;
    const text = joinSections(rendered(policy, 'agreement').sections);
    expect(text).toMatch(/^\*Be kind\*\n.+/m);
    expect(text).not.toMatch(/[{}<>]/);
    for (const { body } of rendered(policy, 'agreement').sections) expect(text).toContain(body);
  });
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
