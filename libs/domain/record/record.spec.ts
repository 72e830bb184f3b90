import { describe, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { businessRecord } from './record.js';
import { recordSystems } from './systems.js';

const recordId = '0192f0c1-0000-7000-8000-00000000000a';
const groupId = '0192f0c1-0000-7000-8000-00000000000b';
const itemId = '0192f0c1-0000-7000-8000-00000000000c';
const rules = [{ profile: 'council@1', parameter: 'followup_rules', obligations: ['CN-17', 'CN-18'] }];
const sentAt = '2026-03-28T10:20:00.000Z';
const dueAt = '2026-03-29T09:20:00.000Z';
const message = { recordId, groupId, sentAt };
const noting = { name: 'NoteMessage', data: { ...message, within: 'P1D', timeZone: 'Europe/London', rules } } as const;
const due = record('BusinessRecordDue', { ...message, dueAt, alreadyOverdue: false }, ...rules);
const declaring = { name: 'DeclareOverdue', data: { recordId, groupId, dueAt } } as const;
const overdue = record('BusinessRecordOverdue', declaring.data);
const where = { recordId, itemId, recordClass: 'case', system: 'liquidlogic' };
const capturing = { name: 'CaptureBusinessRecord', data: { ...where, approved: ['liquidlogic'], rules } } as const;
const captured = record('BusinessRecordCaptured', { ...where, groupId, lateBySeconds: 0 });
const { given } = specify(businessRecord);

describe('a business message', () => {
  it('[CN-17] is owed a day after it was sent on the wall clock, whatever day the clocks change', () => {
    given().when(noting, { now: sentAt }).expectEvents(due);
    given(due).when(noting).expectNothing();
  });

  it('[CN-17] that is noted too late is owed all the same, and overdue from the start', () => {
    given()
      .when(noting, { now: dueAt })
      .expectEvents({ ...due, data: { ...due.data, alreadyOverdue: true } });
  });

  it('[CN-08] is declared overdue once, at its time, and not after a system had it', () => {
    given(due).when(declaring, { now: '2026-03-29T09:19:59.999Z' }).expectNothing();
    given(due).when(declaring, { now: dueAt }).expectEvents(overdue);
    given(due, overdue).when(declaring, { now: dueAt }).expectNothing();
    given(due, captured).when(declaring, { now: dueAt }).expectNothing();
  });

  it('[CN-18] is closed by an approved system alone, with how late it was', () => {
    given(due).when(capturing, { now: sentAt }).expectEvents(captured);
    given(due, overdue)
      .when(capturing, { now: '2026-03-29T09:21:00.000Z' })
      .expectEvents({ ...captured, data: { ...captured.data, lateBySeconds: 60 } });
    const elsewhere = { ...capturing, data: { ...capturing.data, approved: [] } } as const;
    given(due)
      .when(elsewhere)
      .expectRefused('SystemNotApproved', { obligations: ['CN-18'] });
    given().when(capturing).expectRefused('RecordUnknown');
    given(due).when(capturing, { now: '2026-03-28T10:19:00.000Z' }).expectRefused('CapturedBeforeSent');
  });

  it('[CN-18] is on record once', () => {
    given(due, captured).when(capturing).expectNothing();
    const again = { ...capturing, data: { ...capturing.data, recordClass: 'invoice' } } as const;
    given(due, captured).when(again).expectRefused('AlreadyCaptured');
    const another = { ...noting, data: { ...noting.data, sentAt: '2026-03-28T10:21:00.000Z' } } as const;
    given(due).when(another).expectRefused('AlreadyNoted');
  });

  it('[CN-24] about what does not belong in a chat says so', () => {
    const improper = { topic: 'binding_transaction', redirect: 'approved_documents', rules };
    given()
      .when({ ...noting, data: { ...noting.data, improper } }, { now: sentAt })
      .expectEvents(
        due,
        record('ImproperUseNoted', {
          recordId,
          groupId,
          topic: 'binding_transaction',
          redirect: 'approved_documents',
        }),
      );
  });
});

describe('systems of record', () => {
  it('[CN-18] are approved once, and withdrawn once', () => {
    const systems = specify(recordSystems);
    const data = { system: 'liquidlogic' };
    const approved = record('RecordSystemApproved', data);
    systems.given().when({ name: 'ApproveSystem', data }).expectEvents(approved);
    systems.given(approved).when({ name: 'ApproveSystem', data }).expectNothing();
    systems.given().when({ name: 'WithdrawSystem', data }).expectNothing();
    const withdrawn = record('RecordSystemWithdrawn', data);
    systems.given(approved).when({ name: 'WithdrawSystem', data }).expectEvents(withdrawn);
    systems.given(approved, withdrawn).when({ name: 'ApproveSystem', data }).expectEvents(approved);
  });
});
