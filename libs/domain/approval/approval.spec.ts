import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { approval, exceptionTerms, signOffRules } from './approval.js';

const approvalId = '0192f0c1-0000-7000-8000-000000000071';
const groupId = '0192f0c1-0000-7000-8000-000000000072';
const ann = '0192f0c1-0000-7000-8000-000000000073';
const bea = '0192f0c1-0000-7000-8000-000000000074';
const rules = [{ profile: 'councils@1', parameter: 'use_justification', obligations: ['BR-07'] }];
const endsAt = '2026-06-01T09:00:00.000Z';
const exception = { approvalId, groupId, subject: 'audience_matrix', askedBy: ann };
const matter = { approvalId, groupId, subject: 'finance', askedBy: ann, responsibleId: bea };
const asking = (more: object = {}) =>
  ({
    name: 'AskException',
    data: { ...exception, endsAt, hasReason: true, hasRisks: true, needsRisks: true, rules, ...more },
  }) as const;
const askingSignOff = (by = rules) => ({ name: 'AskSignOff', data: { ...matter, rules: by } }) as const;
const asked = record('ApprovalAsked', { ...exception, kind: 'exception' as const, endsAt });
const signOff = record('ApprovalAsked', { ...matter, kind: 'sign_off' as const });
const given = (by: string) => record('ApprovalGiven', { approvalId, givenBy: by });
const notAsked = (missing: 'risk_assessment' | 'reason') =>
  record('ApprovalNotAsked', { ...exception, kind: 'exception' as const, missing });
const approving = (givenBy = bea) => ({ name: 'Approve', data: { approvalId, givenBy } }) as const;
const signing = (givenBy = bea, isReferenced = true) =>
  ({ name: 'Sign', data: { approvalId, givenBy, isReferenced } }) as const;
const expiring = { name: 'Expire', data: { approvalId, endsAt } } as const;
const ended = (because: 'expired' | 'ended') => record('ApprovalEnded', { approvalId, because });
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const { given: past } = specify(approval);

describe('an exception from the guidance', () => {
  it('[BR-07] takes an assessment of the risks and a reason; that it was asked for without is on record', () => {
    past()
      .when(asking({ hasRisks: false }))
      .expectRefused('RisksNotAssessed', { obligations: ['BR-07'], evidence: [notAsked('risk_assessment')] });
    past()
      .when(asking({ hasReason: false }))
      .expectRefused('NoReason', { obligations: ['BR-07'], evidence: [notAsked('reason')] });
    past()
      .when(asking())
      .expectEvents({ ...asked, rules });
    past(asked).when(asking()).expectNothing();
  });

  it('[BR-07] needs no assessment where the policy asks for none, and always an end to come', () => {
    past()
      .when(asking({ hasRisks: false, needsRisks: false }))
      .expectEvents(asked);
    past()
      .when(asking({ endsAt: '2026-01-01T12:00:00.000Z' }))
      .expectRefused('EndInThePast');
    const [councils, party] = [
      resolvePolicy(loadProfiles().get('district-councils')!, 'team-chat'),
      resolvePolicy(loadProfiles().get('political-party')!, 'party-group'),
    ];
    expect(exceptionTerms(councils)).toMatchObject({
      needsRisks: true,
      rules: [{ obligations: ['BR-02', 'BR-05', 'BR-07'] }],
    });
    expect(exceptionTerms(party).needsRisks).toBe(false);
  });

  it('[BR-07] is approved by somebody else than who asks, before it begins, once', () => {
    past(asked).when(approving(ann)).expectRefused('NotByWhoAsked');
    past(asked).when(approving(), at('2025-12-31T12:00:00.000Z')).expectRefused('BeforeAsked');
    past(asked).when(approving()).expectEvents(given(bea));
    past(asked, given(bea)).when(approving()).expectNothing();
    past(asked, record('ApprovalDeclined', { approvalId, declinedBy: bea }))
      .when(approving())
      .expectRefused('ApprovalOver');
    past().when(approving()).expectRefused('ApprovalUnknown');
  });

  it('[BR-07] ends at its time, asked or approved, or earlier by a word', () => {
    expect(approval.deadlines!.ApprovalAsked!(asked.data)).toEqual([
      { schedule: 'end', dueAt: endsAt, command: expiring },
    ]);
    past(asked, given(bea)).when(expiring, at('2026-06-01T08:59:59.999Z')).expectNothing();
    for (const before of [[asked], [asked, given(bea)]])
      past(...before)
        .when(expiring, at(endsAt))
        .expectEvents(ended('expired'));
    past(asked, given(bea), ended('expired')).when(expiring, at(endsAt)).expectNothing();
    const ending = { name: 'End', data: { approvalId } } as const;
    past(asked, given(bea)).when(ending).expectEvents(ended('ended'));
    past(asked).when(ending).expectRefused('NotInForce');
  });
});

describe('the sign-off of a matter', () => {
  it('[LD-20] is asked for where the policy sends the matter to email, of a named person', () => {
    const party = resolvePolicy(loadProfiles().get('political-party')!, 'party-group');
    for (const topic of ['electoral_law', 'audit', 'hr', 'finance'])
      expect(signOffRules(party, topic)).toMatchObject([{ parameter: 'content_rules', obligations: ['LD-20'] }]);
    expect(signOffRules(party, 'broadcast_to_working_team')).toEqual([]);
    past().when(askingSignOff()).expectEvents(signOff);
    past().when(askingSignOff([])).expectRefused('NoSignOffAsked');
  });

  it('[LD-20] is given by the responsible person alone, and in an email that can be found', () => {
    past(signOff).when(signing(ann)).expectRefused('NotTheResponsiblePerson');
    past(signOff).when(signing(bea, false)).expectRefused('ReferenceMissing');
    past(signOff).when(signing()).expectEvents(given(bea));
    past(signOff).when(approving()).expectRefused('OtherKind');
    past(asked).when(signing()).expectRefused('OtherKind');
  });
});
