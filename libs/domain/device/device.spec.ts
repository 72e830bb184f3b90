import { describe, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { device, type DeviceTask } from './device.js';

const deviceId = '0192f0c1-0000-7000-8000-000000000051';
const personId = '0192f0c1-0000-7000-8000-000000000052';
const groupId = '0192f0c1-0000-7000-8000-000000000053';
const lostAt = '2026-03-28T12:00:00.000Z';
const dueAt = '2026-03-29T12:00:00.000Z';
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const registered = record('DeviceRegistered', { deviceId, personId, kind: 'own' as const });
const all: DeviceTask[] = ['remove_from_groups', 'log_out_linked_devices', 'tell_manager'];
const lost = record('DeviceLost', { deviceId, personId, groupIds: [groupId], tasks: all, dueAt });
const losing = { name: 'ReportLost', data: { deviceId, groupIds: [groupId] } } as const;
const doing = (task: DeviceTask) => ({ name: 'DoTask', data: { deviceId, task, doneBy: personId } }) as const;
const done = (task: DeviceTask, lateBySeconds = 0) =>
  record('DeviceTaskDone', { deviceId, task, doneBy: personId, lateBySeconds });
const { given } = specify(device);

describe('a device', () => {
  it('is on the register once, with whose it is and whether it is their own', () => {
    given().when({ name: 'Register', data: registered.data }).expectEvents(registered);
    given(registered).when({ name: 'Register', data: registered.data }).expectNothing();
    given(registered)
      .when({ name: 'Register', data: { ...registered.data, kind: 'issued' } })
      .expectRefused('DeviceKnown');
  });

  it('[BR-48] keeps what its owner says about searching it, and that may change', () => {
    const answer = (isAllowed: boolean) => record('DeviceSearchAnswered', { deviceId, isAllowed });
    const answering = (isAllowed: boolean) => ({ name: 'AnswerSearch', data: { deviceId, isAllowed } }) as const;
    given(registered).when(answering(true)).expectEvents(answer(true));
    given(registered, answer(true)).when(answering(true)).expectNothing();
    given(registered, answer(true)).when(answering(false)).expectEvents(answer(false));
    given().when(answering(true)).expectRefused('DeviceUnknown');
  });

  it('[CN-07] that is lost has to be shut out within a day, of the groups that were on it', () => {
    given(registered).when(losing, at(lostAt)).expectEvents(lost);
    given(registered, lost).when(losing, at(lostAt)).expectNothing();
    given(registered)
      .when({ ...losing, data: { deviceId, groupIds: [] } }, at(lostAt))
      .expectEvents(record('DeviceLost', { ...lost.data, groupIds: [], tasks: all.slice(1) }));
  });

  it('[CN-07] names what is undone when the day is over, once', () => {
    const declaring = { name: 'DeclareOverdue', data: { deviceId, dueAt } } as const;
    const overdue = record('DeviceTasksOverdue', { deviceId, dueAt, tasks: all.slice(1) });
    const before = [registered, lost, done('remove_from_groups')];
    given(...before)
      .when(declaring, at(lostAt))
      .expectNothing();
    given(...before)
      .when(declaring, at(dueAt))
      .expectEvents(overdue);
    given(...before, overdue)
      .when(declaring, at(dueAt))
      .expectNothing();
    given(...before, done('log_out_linked_devices'), done('tell_manager'))
      .when(declaring, at(dueAt))
      .expectNothing();
    given(registered, lost, record('DeviceFound', { deviceId })).when(declaring, at(dueAt)).expectNothing();
  });

  it('what is done about it is attested once, late by the second', () => {
    given(registered, lost).when(doing('tell_manager'), at(lostAt)).expectEvents(done('tell_manager'));
    given(registered, lost)
      .when(doing('tell_manager'), at('2026-03-29T12:00:07.000Z'))
      .expectEvents(done('tell_manager', 7));
    given(registered, lost, done('tell_manager')).when(doing('tell_manager')).expectNothing();
    given(registered).when(doing('tell_manager')).expectRefused('NotLost');
  });

  it('may be found, and may be lost again', () => {
    const found = record('DeviceFound', { deviceId });
    given(registered, lost).when({ name: 'ReportFound', data: { deviceId } }).expectEvents(found);
    given(registered).when({ name: 'ReportFound', data: { deviceId } }).expectRefused('NotLost');
    given(registered, lost, found).when(losing, at(lostAt)).expectEvents(lost);
  });

  it('is taken off the register, but not while something is undone about its loss', () => {
    const retiring = { name: 'Retire', data: { deviceId } } as const;
    const retired = record('DeviceRetired', { deviceId });
    given(registered).when(retiring).expectEvents(retired);
    given(registered, lost).when(retiring).expectRefused('DeviceLost');
    given(registered, lost, ...all.map((task) => done(task)))
      .when(retiring)
      .expectEvents(retired);
    given(registered, retired).when(retiring).expectNothing();
    given(registered, retired).when(losing).expectRefused('DeviceRetired');
  });
});

describe('what is said of a lost device', () => {
  const early = at('2026-03-28T11:59:59.999Z');
  const past = [registered, { ...lost, occurredAt: lostAt }] as const;

  it('[CN-07] is not of a time before it was lost: neither that something was done, nor that it was found', () => {
    given(...past)
      .when(doing('tell_manager'), early)
      .expectRefused('BeforeLoss');
    given(...past)
      .when({ name: 'ReportFound', data: { deviceId } }, early)
      .expectRefused('BeforeLoss');
    given(...past)
      .when({ name: 'ReportFound', data: { deviceId } }, at(lostAt))
      .expectEvents(record('DeviceFound', { deviceId }));
  });

  it('[CN-07] that was found is not lost again before that day', () => {
    const found = { ...record('DeviceFound', { deviceId }), occurredAt: dueAt };
    given(...past, found)
      .when(losing, at(lostAt))
      .expectRefused('BeforeFind');
    given(...past, found)
      .when(losing, at(dueAt))
      .expectEvents(record('DeviceLost', { ...lost.data, dueAt: '2026-03-30T12:00:00.000Z' }));
  });
});
