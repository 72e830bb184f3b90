import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { incident, incidentRoute } from './incident.js';
import { matters, type MatterName } from './matter.js';

const profiles = loadProfiles();
const party = resolvePolicy(profiles.get('political-party')!, 'party-group');
const society = resolvePolicy(profiles.get('students-union')!, 'society');
const parents = resolvePolicy(profiles.get('parent-carer-charity')!, 'users');
const incidentId = '0192f0c1-0000-7000-8000-000000000051';
const ann = '0192f0c1-0000-7000-8000-000000000052';
const reportedAt = '2026-03-27T18:00:00.000Z';
// Two days later by the clock, over the night on which it goes forward.
const actBy = '2026-03-29T17:00:00.000Z';
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const { given } = specify(incident);

function reportedAs(policy: typeof party, matter?: MatterName) {
  const { recipients, steps, inOrder } = incidentRoute([policy], 'conduct', matter);
  const about = { incidentId, category: 'conduct', ...(matter ? { matter } : {}), personIds: [ann] };
  const plan = { recipients: [...recipients], steps: [...steps], inOrder, dueAt: '2026-03-28T18:00:00.000Z', actBy };
  return { ...record('IncidentReported', { ...about, ...plan }), occurredAt: reportedAt };
}
const taking = (step: string) =>
  ({ name: 'TakeStep', data: { incidentId, step, takenBy: ann, isExplained: false } }) as const;
const obligations = (policy: typeof party, matter: MatterName) =>
  incidentRoute([policy], 'conduct', matter).rules.flatMap((rule) => rule.obligations);

describe('a matter of behaviour', () => {
  it.each<[string, MatterName]>([
    ['LD-32', 'accusation_or_gossip'],
    ['LD-34', 'over_posting'],
  ])('[%s] %s is taken up with the person alone, before anything else', (obligation, matter) => {
    expect(obligations(party, matter)).toContain(obligation);
    expect(matters[matter].advice).toMatch(/the person alone/);
    const reported = reportedAs(party, matter);
    for (const step of ['monitor', 'remove'])
      given(reported).when(taking(step), at(reportedAt)).expectRefused('StepOutOfOrder');
    given(reported)
      .when(taking('direct_contact'), at(reportedAt))
      .expectEvents(record('IncidentStepTaken', { incidentId, step: 'direct_contact', takenBy: ann, skipped: [] }));
  });

  it('[HSU-20] [HSU-24] that strays is answered by a reminder, and the way to a social group', () => {
    expect(obligations(society, 'off_topic')).toEqual(expect.arrayContaining(['HSU-20', 'HSU-24']));
    expect(matters.off_topic.advice).toMatch(/what the group is for.*separate social group/);
    const reported = reportedAs(society, 'off_topic');
    given(reported).when(taking('direct_contact'), at(reportedAt)).expectRefused('StepOutOfOrder');
    given(reported)
      .when(taking('remind'), at(reportedAt))
      .expectEvents(record('IncidentStepTaken', { incidentId, step: 'remind', takenBy: ann, skipped: [] }));
  });

  it.each<[string, MatterName, string[], string[]]>([
    ['AMZ-091', 'agreement_broken', ['group_admins'], []],
    ['AMZ-097', 'confidentiality', ['group_admins', 'mailbox', 'manager'], []],
    ['AMZ-097', 'safety', ['group_admins', 'mailbox', 'manager'], ['follow_safeguarding_policy']],
    ['AMZ-097', 'bullying_or_hate', ['group_admins', 'manager', 'mailbox'], []],
  ])('[%s] %s goes to %j in a group of parents', (obligation, matter, recipients, first) => {
    const route = incidentRoute([parents], 'conduct', matter);
    expect(new Set(route.recipients)).toEqual(new Set(recipients));
    expect(route.steps).toEqual([...first, 'redirect', 'ask_delete', 'suspend', 'expel']);
    expect(obligations(parents, matter)).toContain(obligation);
  });
});

describe('a first step', () => {
  const declaring = { name: 'DeclareUnattended', data: { incidentId, dueAt: actBy } } as const;
  const unattended = record('IncidentUnattended', { incidentId, dueAt: actBy });

  it('[HSU-23] is owed within the time the policy has for behaviour', () => {
    const route = incidentRoute([society], 'conduct', 'domination');
    expect(route).toMatchObject({ actWithin: 'P2D' });
    expect(route.rules).toContainEqual(expect.objectContaining({ parameter: 'removal_sla', obligations: ['HSU-23'] }));
    const about = { incidentId, category: 'conduct', matter: 'domination', personIds: [ann] };
    given()
      .when({ name: 'Report', data: { ...about, route, timeZone: 'Europe/London' } }, at(reportedAt))
      .expectEvents(record('IncidentReported', reportedAs(society, 'domination').data));
    expect(incident.deadlines!.IncidentReported!(reportedAs(society).data)).toContainEqual({
      schedule: 'act',
      dueAt: actBy,
      command: declaring,
    });
  });

  it('[HSU-23] that nobody took is said once, and not early', () => {
    const taken = record('IncidentStepTaken', { incidentId, step: 'remind', takenBy: ann, skipped: [] });
    given(reportedAs(society)).when(declaring, at('2026-03-29T16:59:59.999Z')).expectNothing();
    given(reportedAs(society)).when(declaring, at(actBy)).expectEvents(unattended);
    given(reportedAs(society), unattended).when(declaring, at(actBy)).expectNothing();
    given(reportedAs(society), taken).when(declaring, at(actBy)).expectNothing();
  });
});
