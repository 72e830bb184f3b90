import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { type CommandOf, record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { incident, type IncidentCategory, type IncidentCommands, incidentRoute } from './incident.js';

const incidentId = '0192f0c1-0000-7000-8000-000000000041';
const ann = '0192f0c1-0000-7000-8000-000000000042';
const reportedAt = '2026-03-27T18:00:00.000Z';
const dueAt = '2026-03-27T19:00:00.000Z';
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const profiles = loadProfiles();
const policy = (profile: string, groupType: string) => resolvePolicy(profiles.get(profile)!, groupType);
const parents = policy('parent-carer-charity', 'users');
const { given } = specify(incident);

describe('where a report goes', () => {
  const council = policy('district-councils', 'team-chat');
  const citizens = profiles.get('council-citizen-contact')!;
  const contact = resolvePolicy(citizens, citizens.groupTypes[0]!.id);

  it.each<[string, typeof parents, IncidentCategory, string[], string, string[]]>([
    [
      '[CN-21] an offensive message to the manager at once',
      contact,
      'offensive_content',
      ['manager'],
      'PT1H',
      ['CN-21'],
    ],
    ['[BR-32] misconduct to the manager', council, 'misconduct', ['manager'], 'P1D', ['BR-32']],
    [
      '[AMZ-043] a group that looks like ours to the manager',
      parents,
      'lookalike_group',
      ['manager'],
      'P1D',
      ['AMZ-043', 'AMZ-044'],
    ],
    [
      '[AMZ-110] [AMZ-127] a concern by way of the admins to a manager',
      parents,
      'concern',
      ['group_admins', 'mailbox', 'manager'],
      'P1D',
      ['AMZ-110', 'AMZ-127'],
    ],
    [
      '[AMZ-122] a worry about somebody the same way',
      parents,
      'welfare',
      ['group_admins', 'mailbox', 'manager'],
      'P1D',
      ['AMZ-110', 'AMZ-127'],
    ],
    [
      '[AMZ-071] harassment, in a group that is not ours too, to a manager',
      parents,
      'harassment',
      ['manager'],
      'P1D',
      ['AMZ-071'],
    ],
    [
      '[AMZ-119] what is unsafe to the admins, by the safeguarding policy',
      parents,
      'safeguarding',
      ['group_admins'],
      'P1D',
      ['AMZ-119'],
    ],
    [
      '[AMZ-050] a serious matter beside the chat to a manager',
      parents,
      'serious_matter',
      ['group_admins', 'mailbox', 'manager'],
      'P1D',
      ['AMZ-110', 'AMZ-127'],
    ],
    [
      'to a manager where the policy names nobody',
      policy('political-party', 'party-group'),
      'misconduct',
      ['manager'],
      'P1D',
      [],
    ],
  ])('%s', (_, of, category, recipients, within, obligations) => {
    const route = incidentRoute([of], category);
    expect(route).toMatchObject({ recipients, within });
    expect(route.rules.flatMap((rule) => rule.obligations)).toEqual(obligations);
  });

  it('has what the guidance asks for as steps', () => {
    expect(incidentRoute([parents], 'lookalike_group').steps).toEqual(['ask_for_another_name']);
    expect(incidentRoute([parents], 'safeguarding').steps).toEqual(['follow_safeguarding_policy']);
  });

  it('is looked for in every policy where the group is not ours', () => {
    expect(incidentRoute([council, contact], 'offensive_content')).toMatchObject({ within: 'PT1H' });
    expect(incidentRoute([], 'conduct')).toMatchObject({ recipients: ['manager'], steps: [] });
  });
});

const reported = (more: object = {}) =>
  record('IncidentReported', {
    incidentId,
    category: 'offensive_content',
    personIds: [],
    recipients: ['manager'],
    steps: [],
    inOrder: true,
    dueAt,
    ...more,
  });
const told = (recipient: string, lateBySeconds = 0) =>
  record('IncidentPassedOn', { incidentId, recipient, toldBy: ann, lateBySeconds });
const telling = (recipient: string) => ({ name: 'PassOn', data: { incidentId, recipient, toldBy: ann } }) as const;
const taking = (step: string, isExplained = false) =>
  ({ name: 'TakeStep', data: { incidentId, step, takenBy: ann, isExplained } }) as const;
const taken = (step: string, skipped: string[] = []) =>
  record('IncidentStepTaken', { incidentId, step, takenBy: ann, skipped });
const closing = (outcome: 'resolved' | 'stays' | 'no_action' | 'name_changed') =>
  ({ name: 'Close', data: { incidentId, outcome, closedBy: ann } }) as const;

describe('an incident', () => {
  it('[CN-21] is told within the time of its route, which passes once', () => {
    const route = { recipients: ['manager'], steps: [], inOrder: true, within: 'PT1H', rules: [] };
    const reporting = {
      name: 'Report',
      data: { incidentId, category: 'offensive_content', personIds: [] as string[], route, timeZone: 'Europe/London' },
    } satisfies CommandOf<IncidentCommands>;
    given().when(reporting, at(reportedAt)).expectEvents(reported());
    given(reported()).when(reporting, at(reportedAt)).expectNothing();
    const declaring = { name: 'DeclareOverdue', data: { incidentId, dueAt } } as const;
    const overdue = record('IncidentOverdue', { incidentId, dueAt, recipients: ['manager'] });
    given(reported()).when(declaring, at(reportedAt)).expectNothing();
    given(reported()).when(declaring, at(dueAt)).expectEvents(overdue);
    given(reported(), overdue).when(declaring, at(dueAt)).expectNothing();
    given(reported(), told('manager')).when(declaring, at(dueAt)).expectNothing();
    given(reported(), overdue)
      .when(telling('manager'), at('2026-03-27T19:00:30.000Z'))
      .expectEvents(told('manager', 30));
  });

  it('[AMZ-110] has not arrived while only those on its way know of it', () => {
    const concern = reported({ category: 'concern', recipients: ['group_admins', 'mailbox', 'manager'] });
    given(concern, told('group_admins')).when(closing('resolved')).expectRefused('IncidentIncomplete');
    given(concern, told('manager'))
      .when(closing('resolved'))
      .expectEvents(record('IncidentClosed', closing('resolved').data));
    given(concern).when(telling('press')).expectRefused('NotARecipient');
    given(concern, told('manager')).when(telling('manager')).expectNothing();
    given().when(telling('manager')).expectRefused('IncidentUnknown');
  });

  it('[AMZ-044] about a group that looks like ours ends once the group was asked for another name', () => {
    const lookalike = reported({ category: 'lookalike_group', steps: ['ask_for_another_name'] });
    given(lookalike, told('manager')).when(closing('name_changed')).expectRefused('IncidentIncomplete');
    given(lookalike, told('manager')).when(taking('ask_for_another_name')).expectEvents(taken('ask_for_another_name'));
    given(lookalike, told('manager'), taken('ask_for_another_name'))
      .when(closing('name_changed'))
      .expectEvents(record('IncidentClosed', closing('name_changed').data));
    const closed = record('IncidentClosed', closing('name_changed').data);
    given(lookalike, closed).when(closing('name_changed')).expectNothing();
    given(lookalike, closed).when(taking('ask_for_another_name')).expectRefused('IncidentClosed');
  });
});

describe('behaviour in a group', () => {
  const route = incidentRoute([policy('political-party', 'party-group')], 'conduct');
  const steps = [...route.steps];
  const conduct = reported({ category: 'conduct', recipients: ['group_admins'], steps, inOrder: route.inOrder });
  const known = [conduct, told('group_admins')];

  it('[LD-40] is first answered by asking the person to stop', () => {
    expect(route.rules[0]!.obligations).toContain('LD-40');
    expect(route).toMatchObject({ steps: ['direct_contact', 'monitor', 'remove'], inOrder: true });
    given(...known)
      .when(taking('remove'))
      .expectRefused('StepOutOfOrder');
    given(...known)
      .when(taking('direct_contact'))
      .expectEvents(taken('direct_contact'));
  });

  it('[LD-41] whoever mends their ways may stay', () => {
    given(...known)
      .when(closing('stays'))
      .expectRefused('IncidentIncomplete');
    given(...known, taken('direct_contact'))
      .when(closing('stays'))
      .expectEvents(record('IncidentClosed', closing('stays').data));
    given(...known)
      .when(closing('no_action'))
      .expectEvents(record('IncidentClosed', closing('no_action').data));
  });

  it('[HSU-25] [HSU-26] in a society no step comes before a personal word, but for a stated reason', () => {
    const society = incidentRoute([policy('students-union', 'society')], 'conduct');
    const inSociety = reported({ category: 'conduct', steps: [...society.steps], inOrder: society.inOrder });
    expect(society.rules[0]!.obligations).toEqual(expect.arrayContaining(['HSU-25', 'HSU-26']));
    given(inSociety, taken('remind')).when(taking('remove')).expectRefused('StepOutOfOrder');
    given(inSociety, taken('remind'))
      .when(taking('remove', true))
      .expectEvents(taken('remove', ['direct_contact']));
  });

  it('[AMZ-092] [AMZ-093] where the policy leaves it to judgement any step may come first', () => {
    const chosen = incidentRoute([parents], 'conduct');
    const inForum = reported({ category: 'conduct', steps: [...chosen.steps], inOrder: chosen.inOrder });
    expect(chosen.rules[0]!.obligations).toEqual(expect.arrayContaining(['AMZ-092', 'AMZ-093']));
    for (const step of ['redirect', 'ask_delete']) given(inForum).when(taking(step)).expectEvents(taken(step));
  });

  it('knows no step that the policy does not have, and takes none twice', () => {
    given(...known)
      .when(taking('expel'))
      .expectRefused('NoSuchStep');
    given(...known, taken('direct_contact'))
      .when(taking('direct_contact'))
      .expectNothing();
  });
});

describe('what is said of an incident', () => {
  it('[CN-21] is not of a time before it was reported: not that it was passed on, nor that something was done, nor its end', () => {
    for (const command of [telling('manager'), taking('report'), closing('resolved')])
      given({ ...reported(), occurredAt: reportedAt })
        .when(command, at('2026-03-27T17:59:59.999Z'))
        .expectRefused('BeforeReport');
  });
});
