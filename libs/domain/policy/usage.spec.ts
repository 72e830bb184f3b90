import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { resolvePolicy, type OrganisationOverrides } from './policy.js';
import { usageTopics, usageVerdict, type UsageAsked } from './usage.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string, own: OrganisationOverrides = {}) =>
  resolvePolicy(profiles.get(profile)!, groupType, own);
const team = policyOf('district-councils', 'team-chat');
const emergency = policyOf('district-councils', 'emergency-response');
const party = policyOf('political-party', 'party-group');
const council = policyOf('council-citizen-contact', 'citizen-conversation');
const staff = policyOf('parent-carer-charity', 'staff-and-volunteers');
const young = policyOf('parent-carer-charity', 'young-people');
const society = policyOf('students-union', 'society');

/** Somebody asks on a day in January, at noon unless said, about a message to colleagues. */
const ask = (policy: typeof team, { clock = '12:00', ...asked }: Partial<UsageAsked> & { clock?: string }) =>
  usageVerdict(policy, {
    audience: 'colleague',
    at: `2026-01-15T${clock}:00.000Z`,
    timeZone: 'Europe/London',
    ...asked,
  });
const saidBy = (policy: typeof team, asked: Partial<UsageAsked>) => {
  const { verdict, redirect, rules } = ask(policy, asked);
  return { verdict, redirect, obligations: rules.flatMap(({ obligations }) => obligations) };
};
const careful = {
  needed: true,
  systemWouldDo: false,
  certainlyNotSensitive: true,
  fitForPublication: true,
};

describe('the audience and the kind of information', () => {
  it.each([
    ['BR-09', 'colleague', 'sensitive', 'never'],
    ['BR-10', 'colleague', 'non_sensitive', 'with_care'],
    ['BR-11', 'partner', 'sensitive', 'never'],
    ['BR-12', 'partner', 'non_sensitive', 'with_care'],
    ['BR-13', 'customer', 'sensitive', 'never'],
    ['BR-14', 'customer', 'non_sensitive', 'never'],
    ['BR-15', 'public', 'sensitive', 'never'],
    ['BR-16', 'public', 'non_sensitive', 'via_comms'],
  ] as const)('[%s] [BR-08] to a %s, %s: %s', (obligation, audience, sensitivity, verdict) => {
    const answer = saidBy(team, { audience, sensitivity });
    expect(answer.verdict).toBe(verdict);
    expect(answer.obligations).toContain(obligation);
  });

  it('[BR-18] [BR-21] takes what nobody has judged for sensitive', () => {
    expect(ask(team, {})).toMatchObject({ verdict: 'never', sensitivity: 'unknown' });
    expect(ask(team, { topic: 'a_word_of_their_own' })).toMatchObject({ verdict: 'never', sensitivity: 'unknown' });
  });

  it.each(['customer_dealings', 'personal_data', 'aggregated_data', 'internal_data', 'decisions', 'transactions'])(
    '[BR-19] holds %s to be sensitive, whatever whoever asks thinks of it',
    (topic) => {
      expect(ask(team, { topic, sensitivity: 'non_sensitive' })).toMatchObject({
        verdict: 'never',
        sensitivity: 'sensitive',
      });
    },
  );

  it.each(['logistics', 'office_administration', 'service_details', 'material_for_publication', 'promotion'])(
    '[BR-20] holds %s not to be sensitive, unless whoever asks knows better',
    (topic) => {
      expect(ask(team, { topic })).toMatchObject({ verdict: 'with_care', sensitivity: 'non_sensitive' });
      expect(ask(team, { topic, sensitivity: 'sensitive' })).toMatchObject({ verdict: 'never' });
    },
  );

  it('[BR-17] says what care means: content, breach, and what a picture shows behind', () => {
    const { conditions } = ask(team, { topic: 'logistics' });
    expect(conditions.join(' ')).toMatch(/gets out.*background/);
    expect(ask(society, { sensitivity: 'non_sensitive' }).conditions).toEqual([]);
  });

  it('[LD-17] [LD-22] keeps sensitive information out of a party’s groups too, whoever reads it', () => {
    for (const audience of ['colleague', 'partner', 'public'] as const)
      expect(ask(party, { audience, sensitivity: 'sensitive' }).verdict).toBe('never');
  });

  it('[CN-13] lets a citizen be written to only to arrange how to talk', () => {
    const asked = { audience: 'citizen', sensitivity: 'non_sensitive' } as const;
    expect(saidBy(council, asked)).toMatchObject({ verdict: 'contact_only', obligations: ['CN-13'] });
  });
});

describe('what it is about', () => {
  it.each([
    ['LD-14', party, 'broadcast_to_working_team', 'free', null],
    ['LD-15', party, 'broadcast_to_membership', 'never', null],
    ['LD-17', party, 'confidential_or_sensitive_data', 'never', 'approved_system'],
    ['LD-18', party, 'confidential_or_sensitive_data', 'never', 'approved_system'],
    ['LD-19', party, 'formal_decision', 'never', 'email'],
    ['CN-22', council, 'auto_forward', 'never', null],
    ['CN-23', council, 'forwarded_confidential_or_personal', 'never', null],
    ['CN-24', council, 'binding_transaction', 'never', 'approved_documents'],
    ['CN-25', council, 'email_storage', 'never', 'approved_documents'],
    ['CN-26', council, 'binding_transaction', 'never', 'approved_documents'],
    ['AMZ-048', staff, 'matter_without_bearing_on_work', 'never', null],
    ['AMZ-049', staff, 'information_or_question_among_colleagues', 'free', null],
    ['AMZ-049', staff, 'urgent_minor_notice', 'free', null],
    ['AMZ-050', staff, 'serious_or_formal_matters', 'not_sole', 'usual_reporting_route'],
    ['AMZ-052', staff, 'expecting_an_answer_off_duty', 'never', null],
    ['AMZ-058', staff, 'service_user_names', 'never', 'initials_or_case_reference'],
    ['AMZ-059', staff, 'initials_or_case_reference', 'with_care', null],
    ['AMZ-060', staff, 'individual_cases', 'never', 'another_channel'],
    ['AMZ-061', staff, 'long_or_personal_exchange', 'never', 'another_channel'],
    ['AMZ-062', staff, 'anonymous_or_hypothetical_question', 'free', null],
    ['AMZ-063', staff, 'expecting_an_answer_off_duty', 'never', null],
    ['AMZ-064', staff, 'expecting_an_answer_off_duty', 'never', null],
    ['AMZ-106', young, 'private_messages', 'never', null],
    ['BR-27', team, 'venue_change', 'with_care', null],
    ['BR-27', team, 'cover_arrangement', 'with_care', null],
    ['BR-27', team, 'pointer_to_information', 'with_care', null],
    ['BR-28', team, 'personal_or_confidential', 'never', 'council_systems'],
    ['BR-29', team, 'pointer_to_an_email', 'with_care', null],
    ['BR-30', team, 'content_of_an_email', 'never', 'council_systems'],
    ['BR-44', team, 'images_without_people', 'with_care', null],
    ['BR-49', team, 'voice_or_video_calls', 'emergency_only', null],
    ['BR-53', emergency, 'general_update', 'with_care', null],
    ['BR-54', emergency, 'emergency_information_naming_nobody', 'with_care', null],
    ['BR-55', emergency, 'identifying_data', 'never', 'phone_or_email'],
    ['BR-56', emergency, 'identifying_data', 'never', 'phone_or_email'],
  ] as const)('[%s] answers by the rule of its topic', (obligation, policy, topic, verdict, redirect) => {
    const answer = saidBy(policy, { topic });
    expect(answer).toMatchObject({ verdict, redirect });
    expect(answer.obligations).toContain(obligation);
  });

  it('[BR-14] a topic that is allowed does not open the app towards customers', () => {
    expect(ask(team, { topic: 'venue_change', audience: 'customer' }).verdict).toBe('never');
  });

  it('[BR-45] [BR-46] pictures of people are sensitive until the form is on record', () => {
    const topic = 'people_images';
    expect(ask(team, { topic })).toMatchObject({
      verdict: 'form_required',
      sensitivity: 'sensitive',
      redirect: 'photo_consent_form',
    });
    const formReference = 'form-17';
    expect(ask(team, { topic, formReference })).toMatchObject({ verdict: 'with_care', sensitivity: 'non_sensitive' });
    expect(ask(team, { topic, formReference, audience: 'customer' }).verdict).toBe('never');
  });

  it('[BR-50] calls are for an emergency without other signal, minding who is near', () => {
    const answer = ask(team, { topic: 'voice_or_video_calls', isEmergencyWithoutSignal: true });
    expect(answer.verdict).toBe('with_care');
    expect([answer.because, ...answer.conditions].join(' ')).toContain('overhear');
  });

  it('lists the topics and kinds, for whoever makes a form of them', () => {
    const { topics, kinds, selfCheck } = usageTopics(team);
    expect(topics).toContainEqual({ topic: 'venue_change', verdict: 'with_care', redirect: null });
    expect(kinds).toContainEqual({ topic: 'logistics', sensitivity: 'non_sensitive' });
    expect(selfCheck).toHaveLength(4);
    expect(usageTopics(party).selfCheck).toEqual([]);
  });
});

describe('the questions before it', () => {
  it('[BR-23] [BR-24] [BR-25] [BR-26] asks those that were not answered', () => {
    expect(ask(team, { topic: 'logistics' }).askYourself).toHaveLength(4);
    expect(ask(team, { topic: 'logistics', selfCheck: careful }).askYourself).toEqual([]);
    expect(ask(team, { topic: 'logistics', selfCheck: careful }).verdict).toBe('with_care');
  });

  it.each([
    ['BR-23', { needed: false }, 'not needed'],
    ['BR-24', { systemWouldDo: true }, 'system of the organisation'],
    ['BR-25', { certainlyNotSensitive: false }, 'In doubt'],
    ['BR-26', { fitForPublication: false }, 'published'],
  ])('[%s] [BR-05] one wrong answer keeps it out of the app', (_, wrong, because) => {
    const answer = ask(team, { topic: 'logistics', selfCheck: { ...careful, ...wrong } });
    expect(answer.verdict).toBe('never');
    expect(answer.because).toContain(because);
    expect(answer.rules).toMatchObject([{ parameter: 'use_justification', obligations: ['BR-02', 'BR-05', 'BR-07'] }]);
  });
});

describe('the hour', () => {
  const asked = { sensitivity: 'non_sensitive' } as const;

  it.each([
    ['19:59', 'free'],
    ['20:00', 'not_now'],
    ['00:30', 'not_now'],
    ['07:59', 'not_now'],
    ['08:00', 'free'],
  ])('[AMZ-105] [AMZ-137] at %s young people are written to or not: %s', (clock, verdict) => {
    expect(ask(young, { ...asked, clock }).verdict).toBe(verdict);
  });

  it('[HSU-16] advises a society against late hours, and forbids nothing', () => {
    expect(ask(society, { ...asked, clock: '23:00' })).toMatchObject({ verdict: 'with_care' });
    expect(ask(society, { ...asked, clock: '21:59' })).toMatchObject({ verdict: 'free', conditions: [] });
  });

  it('[AMZ-037] [AMZ-066] heeds the hours a group has agreed on for itself', () => {
    const own = policyOf('parent-carer-charity', 'staff-and-volunteers', {
      'staff-and-volunteers': { quiet_hours: { from: '18:00', to: '09:00', mode: 'advise' } },
    });
    expect(ask(own, { ...asked, clock: '18:00' }).because).toContain('between 18:00 and 09:00');
    expect(ask(staff, { ...asked, clock: '18:00' }).verdict).toBe('free');
  });
});
