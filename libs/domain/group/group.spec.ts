import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { fold, record } from '../decider.js';
import { group, groupTypeOf, isOpen, moderatorsOf } from './group.js';

const groupId = '0192f0c1-0000-7000-8000-000000000001';
const admin = '0192f0c1-0000-7000-8000-000000000002';
const other = '0192f0c1-0000-7000-8000-000000000003';
const { given } = specify(group);

const registered = record('GroupRegistered', { groupId, groupType: 'party-group', official: true, admins: [admin] });
const register = { name: 'Register', data: registered.data } as const;
const appointment = { groupId, personId: other, kind: 'organiser' };
const appointed = record('ModeratorAppointed', appointment);
const appoint = { name: 'AppointModerator', data: appointment } as const;
const stoodDown = record('ModeratorStoodDown', { groupId, personId: other });
const standDown = { name: 'StandDownModerator', data: { groupId, personId: other } } as const;
const closed = record('GroupClosed', { groupId });
const close = { name: 'Close', data: { groupId } } as const;

describe('group', () => {
  it('is registered once', () => {
    given().when(register).expectEvents(registered);
    given(registered).when(register).expectNothing();
    given(registered, closed).when(register).expectNothing();
  });

  it('[LD-25] appoints a moderator once for a kind, and anew for another', () => {
    given(registered).when(appoint).expectEvents(appointed);
    given(registered, appointed).when(appoint).expectNothing();
    const leader = { ...appointment, kind: 'leader' };
    given(registered, appointed)
      .when({ name: 'AppointModerator', data: leader })
      .expectEvents(record('ModeratorAppointed', leader));
  });

  it('lets a moderator stand down once', () => {
    given(registered, appointed).when(standDown).expectEvents(stoodDown);
    given(registered, appointed, stoodDown).when(standDown).expectNothing();
  });

  it('[LD-35] is closed once', () => {
    given(registered).when(close).expectEvents(closed);
    given(registered, closed).when(close).expectNothing();
  });

  it.each([appoint, standDown, close])('refuses $name for a group nobody registered', (command) => {
    given().when(command).expectRefused('GroupUnknown');
  });

  it.each([appoint, standDown])('refuses $name once the group is closed', (command) => {
    given(registered, closed).when(command).expectRefused('GroupClosed');
  });

  it('[LD-25] refuses an appointment the policy objects to', () => {
    given(registered)
      .when({ ...appoint, data: { ...appointment, objection: 'Not this kind.' } })
      .expectRefused('ModeratorKindNotAllowed');
  });

  it('[AMZ-084] a role counts once all that is asked is on record, in any order and once', () => {
    const needs = ['policy_ack', 'agreement_ack'] as const;
    const meet = (prerequisite: (typeof needs)[number] | 'availability') =>
      ({ name: 'MeetPrerequisite', data: { groupId, personId: other, prerequisite, needs, rules: [] } }) as const;
    const met = (prerequisite: (typeof needs)[number]) =>
      record('ModeratorPrerequisiteMet', { groupId, personId: other, prerequisite });
    const active = record('ModeratorActivated', { groupId, personId: other });
    given(registered, appointed).when(meet('agreement_ack')).expectEvents(met('agreement_ack'));
    given(registered, appointed, met('agreement_ack')).when(meet('agreement_ack')).expectNothing();
    given(registered, appointed, met('agreement_ack')).when(meet('policy_ack')).expectEvents(met('policy_ack'), active);
    given(registered, appointed, met('agreement_ack'), met('policy_ack'), active)
      .when(meet('policy_ack'))
      .expectNothing();
    given(registered, appointed).when(meet('availability')).expectRefused('PrerequisiteNotAsked');
    given(registered).when(meet('policy_ack')).expectRefused('NotAModerator');
    given(registered, appointed, met('agreement_ack'), stoodDown, appointed)
      .when(meet('policy_ack'))
      .expectEvents(met('policy_ack'));
  });

  it('[AMZ-087] asks a moderator again after the time the policy sets, once, and anew when they go on', () => {
    const who = { groupId, personId: other };
    const past = '2020-01-01T00:00:00.000Z';
    const ahead = '2199-01-01T00:00:00.000Z';
    const active = record('ModeratorActivated', { ...who, reaffirmBy: past });
    const declare = { name: 'DeclareReaffirmationDue', data: who } as const;
    const due = record('ModeratorReaffirmationDue', { ...who, dueAt: past });
    const goesOn = { name: 'Reaffirm', data: { ...who, reaffirmBy: ahead, rules: [] } } as const;
    const reaffirmed = record('ModeratorReaffirmed', { ...who, reaffirmBy: ahead });
    given(registered, appointed, active).when(declare).expectEvents(due);
    given(registered, appointed, active, due).when(declare).expectNothing();
    given(registered, appointed, active, closed).when(declare).expectNothing();
    given(registered, appointed, active, due).when(goesOn).expectEvents(reaffirmed);
    given(registered, appointed, active, reaffirmed).when(goesOn).expectNothing();
    given(registered, appointed, active, reaffirmed).when(declare).expectNothing();
    given(registered).when(goesOn).expectRefused('NotAModerator');
    const { ModeratorActivated: start, ModeratorStoodDown: end } = group.deadlines!;
    expect(start!(active.data)).toEqual([{ schedule: `reaffirm:${other}`, dueAt: past, command: declare }]);
    expect(start!(who)).toEqual([{ cancel: `reaffirm:${other}` }]);
    expect(end!(who)).toEqual([{ cancel: `reaffirm:${other}` }]);
  });

  it('[AMZ-032] [AMZ-054] records when cover is lost and when it is back, once each', () => {
    const assess = (...lacks: string[]) => ({ name: 'AssessCover', data: { groupId, lacks, rules: [] } }) as const;
    const lost = record('ModerationCoverLost', { groupId, lacks: ['staff_moderators_min'] });
    const restored = record('ModerationCoverRestored', { groupId });
    given(registered).when(assess()).expectNothing();
    given(registered).when(assess('staff_moderators_min')).expectEvents(lost);
    given(registered, lost).when(assess('staff_moderators_min')).expectNothing();
    given(registered, lost).when(assess()).expectEvents(restored);
    given(registered, lost, restored).when(assess('staff_moderators_min')).expectEvents(lost);
    given(registered, closed).when(assess('staff_moderators_min')).expectNothing();
    given().when(assess('staff_moderators_min')).expectNothing();
  });

  it('[AMZ-032] [AMZ-054] says once that cover will end, and anew when the end is another', () => {
    const soon = { groupId, endsAt: '2026-06-01T00:00:00.000Z', lacks: ['staff_moderators_min'] };
    const later = { ...soon, endsAt: '2026-07-01T00:00:00.000Z' };
    const foresee = (wish: typeof soon) => ({ name: 'ForeseeGap', data: { ...wish, rules: [] } }) as const;
    const ending = (data: typeof soon) => record('ModerationCoverEnding', data);
    const lost = record('ModerationCoverLost', { groupId, lacks: ['staff_moderators_min'] });
    given(registered).when(foresee(soon)).expectEvents(ending(soon));
    given(registered, ending(soon)).when(foresee(soon)).expectNothing();
    given(registered, ending(soon)).when(foresee(later)).expectEvents(ending(later));
    given(registered, lost).when(foresee(soon)).expectNothing();
    given(registered)
      .when(foresee({ ...soon, lacks: [] }))
      .expectNothing();
    given(registered, closed).when(foresee(soon)).expectNothing();
  });

  it('[LD-25] knows its type, who runs it, and whether it is in use', () => {
    const at = (...events: readonly { name: string; data: object }[]) =>
      fold(
        group,
        events.map(({ name, data }) => ({ name, data: { ...data }, id: 'e', occurredAt: '2026-05-01T00:00:00.000Z' })),
      );
    expect(isOpen(at())).toBe(false);
    expect(groupTypeOf(at(registered))).toBe('party-group');
    expect(moderatorsOf(at(registered, appointed))).toEqual([admin, other]);
    expect(moderatorsOf(at(registered, appointed, stoodDown))).toEqual([admin]);
    expect([isOpen(at(registered)), isOpen(at(registered, closed))]).toEqual([true, false]);
  });
});
