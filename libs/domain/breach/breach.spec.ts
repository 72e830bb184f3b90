import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { type CommandOf, fold, record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { breach, type BreachCommands } from './breach.js';
import { breachChecklist } from './checklist.js';
import { missingFrom } from './standing.js';

const breachId = '0192f0c1-0000-7000-8000-000000000031';
const groupId = '0192f0c1-0000-7000-8000-000000000032';
const ann = '0192f0c1-0000-7000-8000-000000000033';
const bea = '0192f0c1-0000-7000-8000-000000000034';
const holdId = '0192f0c1-0000-7000-8000-000000000035';
const awareAt = '2026-03-27T18:00:00.000Z';
// The clocks go forward on 29 March: seventy-two hours are seventy-two hours.
const dueAt = '2026-03-30T18:00:00.000Z';
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const rule = { profile: 'councils@1', parameter: 'incident_routes', obligations: ['BR-40'] };
const holdRule = { profile: 'councils@1', parameter: 'hold_on_inquiry', obligations: ['BR-61'] };
const concerned = { groupIds: [groupId], personIds: [ann], itemIds: [] };
const reporting = { breachId, category: 'sensitive_message' as const, ...concerned, awareAt };
const steps = ['delete_messages', 'delete_media', 'delete_cloud_copies', 'tell_manager'].map((step) => ({ step }));
const reported = record('BreachReported', { ...reporting, dueAt, steps, inOrder: true });
const attesting = (step: string, more: Partial<BreachCommands['AttestStep']> = {}) =>
  ({
    name: 'AttestStep',
    data: {
      breachId,
      step,
      outcome: 'done',
      attestedBy: ann,
      holdIds: [],
      rules: [rule],
      holdRules: [holdRule],
      ...more,
    },
  }) as const;
const attested = (step: string) =>
  record('BreachStepAttested', { breachId, step, outcome: 'done' as const, attestedBy: ann, lateBySeconds: 0 });
const all = steps.map(({ step }) => attested(step));
const deciding = (risk: 'unlikely' | 'likely' | 'high', report: boolean, toTell: string[] = []) =>
  ({ name: 'DecideReporting', data: { breachId, risk, report, toTell, decidedBy: bea } }) as const;
const decided = (risk: 'unlikely' | 'likely' | 'high', report: boolean, toTell: string[] = []) =>
  record('BreachReportingDecided', { breachId, risk, report, toTell, decidedBy: bea, dueAt });
const telling = (personIds: string[]) => ({ breachId, personIds, channel: 'email' as const, toldBy: bea });
const closing = { name: 'Close', data: { breachId, outcome: 'contained', closedBy: bea } } as const;
const { given: begin } = specify(breach);
/** What is said without a time is said when the organisation became aware of it. */
const given = (...past: Parameters<typeof begin>) => ({
  when: (command: CommandOf<BreachCommands>, moment = at(awareAt)) => begin(...past).when(command, moment),
});

describe('the checklist', () => {
  const policies = loadProfiles();
  const of = (profile: string, groupType: string) =>
    breachChecklist([resolvePolicy(policies.get(profile)!, groupType)], awareAt, 'Europe/London');

  it('[BR-40] [BR-41] [BR-42] [BR-43] of a council: the messages, the media, the cloud copies, and then the manager', () => {
    const { steps: found, inOrder, rules } = of('district-councils', 'team-chat');
    expect(found).toEqual(steps);
    expect(inOrder).toBe(true);
    expect(rules[0]!.obligations).toEqual(['BR-38', 'BR-40', 'BR-41', 'BR-42', 'BR-43']);
  });

  it('is empty where the policy has none: the law’s own duties remain', () => {
    expect(of('political-party', 'party-group').steps).toEqual([]);
  });

  it('names a time for the telling where the policy does, and then keeps no order', () => {
    const own = { category: 'breach', steps: ['delete_messages'], recipients: ['manager'], deadline: 'PT1H' as const };
    const policy = resolvePolicy(policies.get('political-party')!, 'party-group', {
      '*': { incident_routes: [{ ...own, obligations: [] }] },
    });
    expect(breachChecklist([policy], awareAt, 'Europe/London')).toMatchObject({
      steps: [{ step: 'delete_messages' }, { step: 'tell_manager', dueAt: '2026-03-27T19:00:00.000Z' }],
      inOrder: false,
    });
  });
});

describe('a breach', () => {
  it('[BR-38] has a clock of seventy-two hours from awareness, weekend and change of clocks or not', () => {
    given()
      .when({ name: 'Report', data: { ...reporting, steps, inOrder: true, rules: [rule] } })
      .expectEvents({ ...reported, rules: [rule] });
    given(reported)
      .when({ name: 'Report', data: { ...reporting, steps, inOrder: true, rules: [] } })
      .expectNothing();
  });

  it('says when the clock has passed, once, not early, and not where the regulator need not be told', () => {
    const declaring = { name: 'DeclareClockPassed', data: { breachId, dueAt } } as const;
    const passed = record('RegulatorClockPassed', { breachId, dueAt });
    given(reported).when(declaring, at('2026-03-30T17:59:59.999Z')).expectNothing();
    given(reported).when(declaring, at(dueAt)).expectEvents(passed);
    given(reported, decided('likely', true)).when(declaring, at(dueAt)).expectEvents(passed);
    given(reported, passed).when(declaring, at(dueAt)).expectNothing();
    given(reported, decided('unlikely', false)).when(declaring, at(dueAt)).expectNothing();
  });

  it('[BR-40] [BR-41] [BR-42] [BR-43] its steps are attested in their order, each once', () => {
    given(reported).when(attesting('delete_media')).expectRefused('StepOutOfOrder');
    given(reported).when(attesting('tell_manager')).expectRefused('StepOutOfOrder');
    given(reported)
      .when(attesting('delete_messages'))
      .expectEvents({ ...attested('delete_messages'), rules: [rule] });
    given(reported, attested('delete_messages')).when(attesting('delete_messages')).expectNothing();
    given(reported, ...all.slice(0, 3))
      .when(attesting('tell_manager'))
      .expectEvents(attested('tell_manager'));
    given(reported).when(attesting('call_the_press')).expectRefused('NoSuchStep');
    given().when(attesting('delete_messages')).expectRefused('NotReported');
  });

  it('[BR-40] [BR-61] a deletion under a hold counts only once evidence is kept, or it was decided otherwise', () => {
    const held = attesting('delete_messages', { holdIds: [holdId] });
    given(reported)
      .when(held)
      .expectRefused('UnderHold', {
        parameter: 'hold_on_inquiry',
        obligations: ['BR-40', 'BR-61'],
        evidence: [record('BreachStepRefused', { breachId, step: 'delete_messages', holdIds: [holdId] })],
      });
    const kept = { breachId, holdIds: [holdId], keptBy: ann };
    given(reported).when({ name: 'KeepEvidence', data: kept }).expectEvents(record('EvidenceKept', kept));
    given(reported, record('EvidenceKept', kept)).when(held).expectEvents(attested('delete_messages'));
    const otherwise = { breachId, holdIds: [holdId], reason: 'harm_outweighs' as const, decidedBy: bea };
    given(reported, record('HeldDeletionDecided', otherwise)).when(held).expectEvents(attested('delete_messages'));
    given(reported)
      .when({ name: 'DecideOnHeld', data: { ...otherwise, holdIds: [] } })
      .expectRefused('NotUnderHold');
    const nothingThere = { ...attested('delete_messages').data, outcome: 'not_applicable' as const };
    given(reported)
      .when(attesting('delete_messages', { holdIds: [holdId], outcome: 'not_applicable' }))
      .expectEvents(record('BreachStepAttested', nothingThere));
  });

  it('a step with a time is late by the second, and its passing is told once', () => {
    const limit = '2026-03-27T19:00:00.000Z';
    const timed = { ...reported, data: { ...reported.data, steps: [{ step: 'tell_manager', dueAt: limit }] } };
    const declaring = { name: 'DeclareStepOverdue', data: { breachId, step: 'tell_manager', dueAt: limit } } as const;
    const overdue = record('BreachStepOverdue', { breachId, step: 'tell_manager', dueAt: limit });
    given(timed).when(declaring, at(limit)).expectEvents(overdue);
    given(timed, overdue).when(declaring, at(limit)).expectNothing();
    given(timed, attested('tell_manager')).when(declaring, at(limit)).expectNothing();
    given(timed)
      .when(attesting('tell_manager'), at('2026-03-27T19:00:09.000Z'))
      .expectEvents(record('BreachStepAttested', { ...attested('tell_manager').data, lateBySeconds: 9 }));
  });

  it('is reported to the regulator unless a risk to people is unlikely', () => {
    given(reported).when(deciding('likely', false)).expectRefused('HasToBeReported');
    given(reported).when(deciding('high', false)).expectRefused('HasToBeReported');
    given(reported).when(deciding('unlikely', false)).expectEvents(decided('unlikely', false));
    given(reported, decided('unlikely', false)).when(deciding('unlikely', false)).expectNothing();
    given(reported, decided('unlikely', false))
      .when(deciding('high', true, [ann]))
      .expectEvents(decided('high', true, [ann]));
    given(reported, decided('likely', true), record('RegulatorTold', { breachId, toldBy: bea, lateBySeconds: 0 }))
      .when(deciding('unlikely', false))
      .expectRefused('RegulatorWasTold');
  });

  it('is told to the regulator with the reason where that took longer', () => {
    const tell = (isDelayExplained: boolean) =>
      ({ name: 'TellRegulator', data: { breachId, toldBy: bea, isDelayExplained } }) as const;
    const told = (lateBySeconds: number) => record('RegulatorTold', { breachId, toldBy: bea, lateBySeconds });
    given(reported).when(tell(false)).expectRefused('NotDecided');
    given(reported, decided('likely', true)).when(tell(false), at(dueAt)).expectEvents(told(0));
    const late = at('2026-03-30T18:01:00.000Z');
    given(reported, decided('likely', true)).when(tell(false), late).expectRefused('DelayNotExplained');
    given(reported, decided('likely', true)).when(tell(true), late).expectEvents(told(60));
    given(reported, decided('likely', true), told(60)).when(tell(true)).expectNothing();
  });

  it('knows who could see it, and says so again only when that is another answer', () => {
    const recipients = { breachId, groupId, asOf: awareAt, personIds: [ann, bea] };
    const establishing = { name: 'EstablishRecipients', data: recipients } as const;
    const established = record('RecipientsEstablished', recipients);
    given(reported).when(establishing).expectEvents(established);
    given(reported, established)
      .when({ ...establishing, data: { ...recipients, personIds: [bea, ann] } })
      .expectNothing();
    given(reported, established)
      .when({ ...establishing, data: { ...recipients, personIds: [bea] } })
      .expectEvents(record('RecipientsEstablished', { ...recipients, personIds: [bea] }));
    given().when(establishing).expectNothing();
  });

  it('[BR-43] is closed only when complete, and the refusal names each missing piece', () => {
    const before = [reported, ...all.slice(0, 3), decided('high', true, [ann, bea])];
    given(...before)
      .when(closing)
      .expectRefused('BreachIncomplete');
    const state = fold(
      breach,
      before.map((event) => ({ ...event, id: '', occurredAt: awareAt })),
    );
    expect(state.status === 'open' && missingFrom(state)).toEqual([
      'step:tell_manager',
      'telling_the_regulator',
      'telling_the_people',
    ]);
    const regulator = record('RegulatorTold', { breachId, toldBy: bea, lateBySeconds: 0 });
    const annTold = record('PeopleToldOfBreach', telling([ann]));
    given(...before, attested('tell_manager'), regulator, annTold)
      .when(closing)
      .expectRefused('BreachIncomplete');
    given(...before, attested('tell_manager'), regulator, annTold, record('PeopleToldOfBreach', telling([bea])))
      .when(closing)
      .expectEvents(record('BreachClosed', closing.data));
    given(reported, ...all)
      .when(closing)
      .expectRefused('BreachIncomplete');
  });

  it('[CN-28] says at its end whether somebody has to answer for it', () => {
    const outcome = { name: 'Close', data: { ...closing.data, outcome: 'referred_to_discipline' } } as const;
    const end = record('BreachClosed', outcome.data);
    given(reported, ...all, decided('unlikely', false))
      .when(outcome)
      .expectEvents(end);
    given(reported, end).when(outcome).expectNothing();
    given(reported, end).when(attesting('delete_messages')).expectRefused('BreachClosed');
  });

  it('is neither decided, told to the regulator nor closed before anybody was aware of it', () => {
    const early = at('2026-03-27T17:59:59.999Z');
    const toTell = { name: 'TellRegulator', data: { breachId, toldBy: bea, isDelayExplained: false } } as const;
    given(reported).when(deciding('likely', true), early).expectRefused('BeforeAwareness');
    given(reported, decided('likely', true)).when(toTell, early).expectRefused('BeforeAwareness');
    given(reported, ...all, decided('unlikely', false))
      .when(closing, early)
      .expectRefused('BeforeAwareness');
  });

  it('[BR-40] takes no step before it happened, but perhaps one before anybody in charge was aware', () => {
    const happenedAt = '2026-03-27T17:00:00.000Z';
    const known = { ...reported, data: { ...reported.data, happenedAt } };
    given(known).when(attesting('delete_messages'), at('2026-03-27T16:59:59.999Z')).expectRefused('BeforeItHappened');
    given(known).when(attesting('delete_messages'), at(happenedAt)).expectEvents(attested('delete_messages'));
  });

  it('people are told once each; by a public notice where nobody can be named', () => {
    given(reported)
      .when({ name: 'TellPeople', data: telling([ann]) })
      .expectEvents(record('PeopleToldOfBreach', telling([ann])));
    given(reported, record('PeopleToldOfBreach', telling([ann])))
      .when({ name: 'TellPeople', data: telling([ann]) })
      .expectNothing();
    given(
      reported,
      ...all,
      decided('high', true, []),
      record('RegulatorTold', { breachId, toldBy: bea, lateBySeconds: 0 }),
    )
      .when(closing)
      .expectRefused('BreachIncomplete');
  });
});

describe('a suggestion', () => {
  const data = {
    breachId,
    category: 'leaver_present',
    basis: 'leaver_overdue',
    ...concerned,
    basedOn: holdId,
  } as const;
  const decideBy = '2026-03-28T18:00:00.000Z';
  const suggested = record('BreachSuggested', { ...data, decideBy });
  const dismissed = record('BreachSuggestionDismissed', { breachId, reason: 'facts_were_wrong' as const });

  it('is made once, and says so when nobody has decided within a day', () => {
    given()
      .when({ name: 'Suggest', data }, { occurredAt: '2026-03-01T00:00:00.000Z', now: awareAt })
      .expectEvents(suggested);
    given(suggested).when({ name: 'Suggest', data }).expectNothing();
    const declaring = { name: 'DeclareUndecided', data: { breachId, dueAt: decideBy } } as const;
    const undecided = record('BreachSuggestionUndecided', { breachId, dueAt: decideBy });
    given(suggested).when(declaring, at(awareAt)).expectNothing();
    given(suggested).when(declaring, at(decideBy)).expectEvents(undecided);
    given(suggested, undecided).when(declaring, at(decideBy)).expectNothing();
    given(suggested, dismissed).when(declaring, at(decideBy)).expectNothing();
  });

  it('becomes a breach, or is dismissed with a reason', () => {
    given(suggested)
      .when({ name: 'Report', data: { ...reporting, steps, inOrder: true, rules: [] } })
      .expectEvents(reported);
    given(suggested).when({ name: 'Dismiss', data: dismissed.data }).expectEvents(dismissed);
    given(suggested, dismissed).when({ name: 'Dismiss', data: dismissed.data }).expectNothing();
    given(reported).when({ name: 'Dismiss', data: dismissed.data }).expectRefused('NotASuggestion');
    given(suggested, dismissed)
      .when({ name: 'Report', data: { ...reporting, steps, inOrder: true, rules: [] } })
      .expectEvents(reported);
  });
});
