import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { agreement } from './agreement.js';
import { briefing, owedOnJoining, owedOnStart } from './briefing.js';

const groupId = '0192f0c1-0000-7000-8000-000000000001';
const personId = '0192f0c1-0000-7000-8000-000000000002';
const rules = [{ profile: 'p@1', parameter: 'agreement_recirculate_every', obligations: ['AMZ-031'] }];
const yearly = { every: 'P1Y', timeZone: 'Europe/London', rules };
const publish = { name: 'Publish', data: { groupId, version: 'v1', ...yearly } } as const;
const circulate = { name: 'Circulate', data: { groupId, version: 'v1', channel: 'chat' as const, ...yearly } } as const;
const inAYear = '2027-01-01T12:00:00.000Z';
const published = record('AgreementPublished', { groupId, version: 'v1', circulateBy: inAYear });
const due = (dueAt: string) => ({ name: 'DeclareCirculationDue', data: { groupId, dueAt } }) as const;
const { given } = specify(agreement);

describe('the agreement of a group', () => {
  it('[AMZ-031] has to go round within a year of being published, by its rule', () => {
    given()
      .when(publish)
      .expectEvents({ ...published, rules });
    expect(agreement.deadlines!.AgreementPublished!(published.data)).toMatchObject([
      { schedule: 'circulation', dueAt: inAYear },
    ]);
  });

  it('[LD-27] goes round at no set time where the policy sets none', () => {
    const free = { name: 'Publish', data: { ...publish.data, every: null } } as const;
    given()
      .when(free)
      .expectEvents(record('AgreementPublished', { groupId, version: 'v1' }));
    expect(agreement.deadlines!.AgreementPublished!({ groupId, version: 'v1' })).toEqual([{ cancel: 'circulation' }]);
  });

  it('finds nothing new in the same version, and a new one puts nothing off', () => {
    given(published).when(publish).expectNothing();
    given(published)
      .when({ name: 'Publish', data: { ...publish.data, version: 'v2' } }, { now: '2026-06-01T12:00:00.000Z' })
      .expectEvents(record('AgreementPublished', { groupId, version: 'v2', circulateBy: inAYear }));
  });

  it('[AMZ-031] is due again a year after it went round; news of an earlier round changes nothing', () => {
    const may = { now: '2026-05-01T12:00:00.000Z' };
    const round = record('AgreementCirculated', {
      groupId,
      version: 'v1',
      channel: 'chat' as const,
      circulateBy: '2027-05-01T12:00:00.000Z',
    });
    given(published).when(circulate, may).expectEvents(round);
    given(published, { ...round, occurredAt: may.now })
      .when(circulate, { ...may, occurredAt: '2026-02-01T12:00:00.000Z' })
      .expectNothing();
  });

  it('refuses a round of a version that does not hold, of none at all, and after the group was closed', () => {
    given().when(circulate).expectRefused('NoAgreement');
    given(published)
      .when({ name: 'Circulate', data: { ...circulate.data, version: 'v0' } })
      .expectRefused('AgreementOutdated');
    given(published, record('AgreementEnded', { groupId })).when(circulate).expectRefused('GroupClosed');
  });

  it('[AMZ-031] is due once the time is over, not for an older time, nor in a closed group', () => {
    given(published)
      .when(due(inAYear))
      .expectEvents(record('AgreementCirculationDue', { groupId, version: 'v1', dueAt: inAYear }));
    given(published).when(due('2026-12-31T12:00:00.000Z')).expectNothing();
    given(published, record('AgreementEnded', { groupId })).when(due(inAYear)).expectNothing();
    given().when({ name: 'End', data: { groupId } }).expectNothing();
  });
});

describe('what newcomers are owed', () => {
  const at = { at: '2026-03-28T11:00:00.000Z', timeZone: 'Europe/London', hasAgreement: true };
  const policy = (profile: string, groupType: string) => resolvePolicy(loadProfiles().get(profile)!, groupType);

  it('[AMZ-089] [AMZ-030] of the charity: welcome and agreement a day later by the clock on the wall', () => {
    expect(owedOnJoining(policy('parent-carer-charity', 'users'), at)).toMatchObject({
      owed: ['welcome', 'agreement'],
      dueAt: '2026-03-29T10:00:00.000Z', // the clocks went forward in between
      rules: [{ parameter: 'welcome_on' }, { parameter: 'agreement_topics' }],
    });
  });

  it('[LD-27] of the party: its rules where they are published, and else nothing', () => {
    const party = policy('political-party', 'party-group');
    expect(owedOnJoining(party, at)).toMatchObject({ owed: ['agreement'] });
    expect(owedOnJoining(party, { ...at, hasAgreement: false })).toBeUndefined();
    expect(owedOnStart(party, at)).toBeUndefined();
  });
});

describe('a briefing', () => {
  const to = { groupId, personId };
  const dueAt = '2026-01-02T12:00:00.000Z';
  const parts: ('welcome' | 'agreement')[] = ['welcome', 'agreement'];
  const owe = { name: 'Owe' as const, data: { ...to, owed: parts, dueAt, rules } };
  const owed = record('WelcomeDue', { ...to, owed: parts, dueAt });
  const versions = { welcomeVersion: 'w1', agreementVersion: 'a1' };
  const sent = { ...to, channel: 'chat' as const, ...versions, parts: ['phone_consent'] };
  const send = { name: 'Send', data: { ...sent, rules } } as const;
  const overdue = { name: 'DeclareOverdue', data: { ...to, dueAt } } as const;
  const accept = { name: 'Accept', data: { ...to, version: 'a1', how: 'joined' as const, rules } } as const;
  const accepted = record('AgreementAccepted', { ...to, version: 'a1', how: 'joined' as const });
  const brief = specify(briefing).given;

  it('[AMZ-089] is owed once, and again to whoever comes back', () => {
    brief().when(owe).expectEvents(owed);
    brief(owed).when(owe).expectNothing();
    brief(owed, record('WelcomeNoLongerDue', to)).when(owe).expectEvents(owed);
  });

  it('[AMZ-089] to a group that starts is owed once for good', () => {
    const { personId: _, ...start } = owed.data;
    const { personId: __, ...done } = { ...sent, lateBySeconds: 0 };
    brief(record('WelcomeDue', start), record('WelcomeSent', done))
      .when({ name: 'Owe', data: { ...start, rules } })
      .expectNothing();
  });

  it('[AMZ-089] [AMZ-090] is sent with everything owed in the versions that hold; late is told as late', () => {
    brief(owed)
      .when(send)
      .expectEvents(record('WelcomeSent', { ...sent, lateBySeconds: 0 }));
    brief(owed)
      .when(send, { now: '2026-01-02T12:00:05.900Z' })
      .expectEvents(record('WelcomeSent', { ...sent, lateBySeconds: 5 }));
    const { agreementVersion: _, ...lacking } = send.data;
    brief(owed).when({ name: 'Send', data: lacking }).expectRefused('TextMissing');
    brief().when(send).expectRefused('NothingOwed');
  });

  it('[AMZ-089] is overdue after its time; not when it was sent, called off, or the time is an older one', () => {
    brief(owed)
      .when(overdue)
      .expectEvents(record('WelcomeOverdue', { ...to, owed: ['welcome', 'agreement'], dueAt }));
    brief(owed, record('WelcomeSent', { ...sent, lateBySeconds: 0 }))
      .when(overdue)
      .expectNothing();
    brief(owed, record('WelcomeNoLongerDue', to)).when(overdue).expectNothing();
    brief(owed)
      .when({ name: 'DeclareOverdue', data: { ...to, dueAt: '2026-01-01T12:00:00.000Z' } })
      .expectNothing();
    brief().when({ name: 'CallOff', data: to }).expectNothing();
  });

  it('[AMZ-109] keeps which version was accepted, each once', () => {
    brief().when(accept).expectEvents(accepted);
    brief(accepted).when(accept).expectNothing();
    const newer = { ...accept.data, version: 'a2' };
    brief(accepted)
      .when({ name: 'Accept', data: newer })
      .expectEvents(record('AgreementAccepted', { ...to, version: 'a2', how: 'joined' as const }));
  });
});
