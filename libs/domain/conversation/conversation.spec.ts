import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { usageVerdict } from '../policy/usage.js';
import { conversation, conversationTerms } from './conversation.js';

const about = {
  conversationId: '0192f0c1-0000-7000-8000-00000000000a',
  groupId: '0192f0c1-0000-7000-8000-00000000000b',
  personId: '0192f0c1-0000-7000-8000-00000000000c',
  workerId: '0192f0c1-0000-7000-8000-00000000000d',
};
const rules = [{ profile: 'council@1', parameter: 'use_justification', obligations: ['CN-03', 'CN-12'] }];
const limitedTo = 'arranging_contact' as const;
const ageRule = { profile: 'council@1', parameter: 'min_age', obligations: ['CN-16'] };
const terms = { needsFailedChannels: true, limitedTo, minimumAge: { years: 13, rule: ageRule }, rules };
const attempts = [{ channel: 'letter' as const, at: '2025-12-20T10:00:00.000Z' }];
const asking = {
  name: 'JustifyConversation',
  data: { ...about, attempts, isUrgent: true, age: 'old_enough', terms },
} as const;
const justified = record('ConversationJustified', { ...about, attempts, limitedTo }, ...rules, ageRule);
const { conversationId, groupId } = about;
const closing = {
  name: 'CloseConversation',
  data: { conversationId, channel: 'meeting', verifiable: ['phone', 'meeting'], rules },
} as const;
const closed = record('ConversationClosed', { conversationId, groupId, channel: 'meeting' as const });
const missing = (what: 'failed_channels' | 'urgency' | 'age') =>
  record('ConversationRefused', { ...about, missing: what }, ...rules);
const { given } = specify(conversation);

describe('a conversation as a last resort', () => {
  it('[CN-12] needs other ways that failed, unless the policy asks for none', () => {
    const without = { ...asking.data, attempts: [] };
    given()
      .when({ ...asking, data: without })
      .expectRefused('NoFailedChannels', { obligations: ['CN-12'], evidence: [missing('failed_channels')] });
    given()
      .when({ ...asking, data: { ...without, terms: { ...terms, needsFailedChannels: false } } })
      .expectEvents({ ...justified, data: { ...justified.data, attempts: [] } });
  });

  it('[CN-03] needs a reason why it cannot wait', () => {
    given()
      .when({ ...asking, data: { ...asking.data, isUrgent: false } })
      .expectRefused('NotUrgent', { obligations: ['CN-03'], evidence: [missing('urgency')] });
  });

  it.each([
    ['too_young', 'TooYoung'],
    ['unknown', 'AgeUnknown'],
  ] as const)(
    '[CN-16] is not held with a child below the minimum age: %s is refused, by that rule, on record',
    (age, code) => {
      const refused = { ...missing('age'), rules: [ageRule] };
      given()
        .when({ ...asking, data: { ...asking.data, age } })
        .expectRefused(code, { parameter: 'min_age', obligations: ['CN-16'], evidence: [refused] });
      const ageless = { ...terms, minimumAge: undefined };
      given()
        .when({ ...asking, data: { ...asking.data, age, terms: ageless } })
        .expectEvents(record('ConversationJustified', justified.data, ...rules));
    },
  );

  it('is justified once, also after a refusal', () => {
    given(missing('urgency')).when(asking).expectEvents(justified);
    given(justified).when(asking).expectNothing();
  });

  it('[CN-13] ends with contact by a way that can be verified, once', () => {
    given(justified).when(closing).expectEvents(closed);
    given(justified, closed).when(closing).expectNothing();
    given().when(closing).expectRefused('ConversationUnknown');
    given(justified).when(closing, { occurredAt: '2025-12-31T10:00:00.000Z' }).expectRefused('BeforeItBegan');
    given(justified)
      .when({ ...closing, data: { ...closing.data, channel: 'email' } })
      .expectRefused('NotVerifiable');
  });
});

describe('what a council’s policy confines the app to', () => {
  const policy = resolvePolicy(loadProfiles().get('council-citizen-contact')!, 'citizen-conversation');

  it('[CN-02] is contact with a citizen, with a reason on record and for nothing more; no word to one is free', () => {
    const asked = { audience: 'citizen' as const, at: '2026-03-02T12:00:00.000Z', timeZone: 'Europe/London' };
    for (const sensitivity of ['sensitive', 'non_sensitive', 'unknown'] as const)
      expect(['never', 'contact_only']).toContain(usageVerdict(policy, { ...asked, sensitivity }).verdict);
    const confined = conversationTerms(policy)!;
    expect(confined).toMatchObject({ needsFailedChannels: true, limitedTo: 'arranging_contact' });
    expect(confined.rules[0]!.obligations).toContain('CN-02');
    given()
      .when({ ...asking, data: { ...asking.data, isUrgent: false, terms: confined } })
      .expectRefused('NotUrgent', { obligations: ['CN-02'] });
  });
});
