import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { participation, type ParticipationCommands } from './participation.js';
import {
  who,
  activityId,
  taskId,
  sixthOfMay,
  end,
  eighthOfMay,
  due,
  seenAt,
  confirmedAt,
  later,
  rules,
  admitted,
  asGuest,
  granted,
  expired,
  found,
  opened,
  overdue,
  asked,
  gone,
  removed,
  cancelled,
  ask,
  requires,
  cancel,
  remind,
  declareOverdue,
  confirm,
  leftAlone,
} from './campaign.fixture.js';
const { given } = specify(participation);

describe('asking to be taken out', () => {
  it('[LD-39] is accepted from anybody inside, also with an order open for another reason', () => {
    given(admitted).when(ask).expectEvents(asked);
    given(admitted, opened({ trigger: 'membership_ended' }))
      .when(ask)
      .expectEvents(asked);
    given(found).when(ask).expectEvents(asked);
  });

  it('[LD-39] is one request however often it is made', () => {
    given(admitted, asked).when(ask).expectNothing();
    given(admitted, asked, opened({ trigger: 'on_request' }))
      .when(ask)
      .expectNothing();
  });

  it('is refused outside the group', () => {
    given().when(ask).expectRefused('NotInGroup');
    given(admitted, asked, removed()).when(ask).expectRefused('NotInGroup');
  });
});

describe('an order to take somebody out', () => {
  const remindAt = '2026-05-09T09:00:00.000Z';
  const press = { name: 'DeclareOverdue', data: { ...who, taskId } };

  it('[LD-05] opens with its limit, owners and rules', () => {
    given(asGuest, granted, expired)
      .when(requires({ remindAt }), { now: end })
      .expectEvents({ ...opened({ remindAt }), rules });
  });

  it('[LD-37] opens overdue and flagged so where the report comes too late, without a reminder', () => {
    given(admitted)
      .when(requires({ remindAt }), { occurredAt: end, now: seenAt })
      .expectEvents(opened({ alreadyOverdue: true }));
    given(admitted)
      .when(requires(), { now: due })
      .expectEvents(opened({ alreadyOverdue: true }));
    given(admitted).when(requires({ remindAt }), { now: remindAt }).expectEvents(opened());
  });

  it('is not opened for somebody outside, nor a second time', () => {
    given().when(requires()).expectNothing();
    given(admitted, removed()).when(requires()).expectNothing();
    given(admitted, opened())
      .when(requires({ taskId: activityId }))
      .expectNothing();
    given(admitted, opened())
      .when(requires({ dueAt: later, trigger: 'role_ended' }))
      .expectNothing();
  });

  it('[LD-39] is brought forward by a reason with an earlier limit', () => {
    const sooner = { trigger: 'on_request', dueAt: eighthOfMay } as const;
    given(admitted, opened({ trigger: 'membership_ended', remindAt }))
      .when(requires({ ...sooner, taskId: activityId }))
      .expectEvents({ ...record('RemovalBroughtForward', { ...who, taskId, ...sooner }), rules });
  });

  it('[LD-39] takes on a firmer reason even where its limit is later, so that eligibility cannot undo it', () => {
    const firmer = { trigger: 'on_request', dueAt: later } as const;
    given(admitted, opened({ remindAt }))
      .when(requires(firmer), { now: sixthOfMay })
      .expectEvents(
        record('RemovalBroughtForward', { ...who, taskId, trigger: 'on_request' as const, dueAt: due, remindAt }),
      );
  });

  it('[LD-38] takes on the reason with the earlier limit where neither is firmer', () => {
    const sooner = { trigger: 'role_ended', dueAt: eighthOfMay } as const;
    given(admitted, opened({ trigger: 'membership_ended' }))
      .when(requires(sooner))
      .expectEvents(record('RemovalBroughtForward', { ...who, taskId, ...sooner }));
  });

  it('[LD-39] keeps the firmer reason when a lesser one has the earlier limit', () => {
    given(admitted, opened({ trigger: 'conduct' }))
      .when(requires({ trigger: 'role_ended', dueAt: eighthOfMay }))
      .expectEvents(
        record('RemovalBroughtForward', { ...who, taskId, trigger: 'conduct' as const, dueAt: eighthOfMay }),
      );
  });

  it('schedules its limit and its reminder', () => {
    const [limit, reminder] = [
      { schedule: 'overdue', dueAt: due, command: press },
      { schedule: 'remind', dueAt: remindAt, command: { ...press, name: 'Remind' } },
    ];
    const rows = participation.deadlines!;
    expect(rows.RemovalTaskOpened!(opened({ remindAt }).data)).toEqual([limit, reminder]);
    expect(rows.RemovalTaskOpened!(opened().data)).toEqual([limit, { cancel: 'remind' }]);
    expect(rows.RemovalBroughtForward!(opened({ remindAt }).data)).toEqual([limit, reminder]);
    expect(rows.RemovalOverdue!(overdue.data)).toEqual([{ cancel: 'remind' }]);
  });

  it('ends its deadlines when it goes away', () => {
    const both = [{ cancel: 'overdue' }, { cancel: 'remind' }];
    const rows = participation.deadlines!;
    expect(rows.RemovalTaskCancelled!(cancelled('rescinded').data)).toEqual(both);
    expect(rows.MemberRemoved!(removed().data)).toEqual([{ cancel: 'guest' }, ...both]);
    expect(rows.MemberLeftByThemselves!(who)).toEqual([{ cancel: 'guest' }, ...both]);
  });

  it('reminds once, before the limit', () => {
    const due_ = record('RemovalReminderDue', { ...who, taskId, dueAt: due });
    given(admitted, opened({ remindAt })).when(remind, { now: remindAt }).expectEvents(due_);
    given(admitted, opened({ remindAt })).when(remind, { now: eighthOfMay }).expectNothing();
    given(admitted, opened({ remindAt }), due_).when(remind, { now: remindAt }).expectNothing();
    given(admitted, opened({ remindAt })).when(remind, { now: due }).expectNothing();
    given(admitted, opened({ remindAt, taskId: activityId }))
      .when(remind, { now: remindAt })
      .expectNothing();
    given(admitted, opened()).when(remind, { now: remindAt }).expectNothing();
  });

  it('reminds anew before a new limit', () => {
    const [first, soon] = [record('RemovalReminderDue', { ...who, taskId, dueAt: due }), '2026-05-09T15:00:00.000Z'];
    const forward = record('RemovalBroughtForward', {
      ...who,
      taskId,
      trigger: 'role_ended' as const,
      dueAt: '2026-05-09T20:00:00.000Z',
      remindAt: soon,
    });
    given(admitted, opened({ remindAt }), first, forward)
      .when(remind, { now: soon })
      .expectEvents(record('RemovalReminderDue', { ...who, taskId, dueAt: '2026-05-09T20:00:00.000Z' }));
  });

  it('[LD-05] is overdue once, at its limit and not before', () => {
    given(admitted, opened()).when(declareOverdue, { occurredAt: due, now: seenAt }).expectEvents(overdue);
    given(admitted, opened()).when(declareOverdue, { now: eighthOfMay }).expectNothing();
    given(admitted, opened()).when(declareOverdue, { now: due }).expectEvents(overdue);
    given(admitted, opened(), overdue).when(declareOverdue, { now: seenAt }).expectNothing();
    given(admitted, opened(), removed()).when(declareOverdue, { now: seenAt }).expectNothing();
    given(admitted, opened({ taskId: activityId }))
      .when(declareOverdue, { now: seenAt })
      .expectNothing();
    given(admitted, opened({ alreadyOverdue: true }))
      .when(declareOverdue, { now: seenAt })
      .expectEvents(overdue);
  });

  const all = [
    'membership_ended',
    'role_ended',
    'activity_ended',
    'not_entitled',
    'age',
    'consent_withdrawn',
    'on_request',
    'conduct',
  ] as const;
  const undone: readonly [ParticipationCommands['CancelRemoval']['reason'], readonly (typeof all)[number][]][] = [
    ['eligibility_restored', ['membership_ended', 'role_ended', 'activity_ended', 'not_entitled']],
    ['rescinded', ['membership_ended', 'role_ended', 'age']],
    ['extended', ['activity_ended']],
    ['consent_given', ['consent_withdrawn']],
    ['group_closed', all],
  ];

  it.each(undone)('[LD-39] goes away by %s only where it rests on that', (reason, triggers) => {
    for (const trigger of all) {
      const answer = given(admitted, opened({ trigger })).when(cancel(reason));
      if (triggers.includes(trigger)) answer.expectEvents(cancelled(reason));
      else answer.expectNothing();
    }
  });

  it('goes away once', () => {
    given(admitted, opened(), cancelled('extended')).when(cancel('extended')).expectNothing();
    given().when(cancel('extended')).expectNothing();
  });
});

describe('being out', () => {
  it('[LD-05] is confirmed by an admin, and how late is on record', () => {
    const late = { taskId, trigger: 'activity_ended' as const, lateBySeconds: 13 * 3600 };
    given(asGuest, granted, expired, opened(), overdue)
      .when(confirm, { now: confirmedAt })
      .expectEvents(record('MemberRemoved', removed(late).data));
    given(asGuest, granted, expired, opened())
      .when(confirm, { occurredAt: eighthOfMay, now: confirmedAt })
      .expectEvents(record('MemberRemoved', removed({ ...late, lateBySeconds: 0 }).data));
  });

  it('[LD-38] is confirmed without an order too', () => {
    given(admitted).when(confirm, { now: confirmedAt }).expectEvents(record('MemberRemoved', removed().data));
  });

  it('[LD-38] ends the order of whoever leaves alone', () => {
    given(admitted, opened())
      .when(leftAlone)
      .expectEvents(record('MemberLeftByThemselves', { ...who, taskId }));
    given(admitted).when(leftAlone).expectEvents(record('MemberLeftByThemselves', who));
  });

  it.each([confirm, leftAlone])('refuses $name for somebody outside, so also a second time', (command) => {
    given().when(command).expectRefused('NotInGroup');
    given(admitted, opened(), removed({ taskId })).when(command).expectRefused('NotInGroup');
    given(admitted, gone).when(command).expectRefused('NotInGroup');
  });
});
