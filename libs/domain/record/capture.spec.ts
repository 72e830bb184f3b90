import { describe, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { capture, keptMessage, rosterEvidence } from './capture.js';

const captureId = '0192f0c1-0000-7000-8000-00000000000a';
const groupId = '0192f0c1-0000-7000-8000-00000000000b';
const personId = '0192f0c1-0000-7000-8000-00000000000c';
const now = '2026-03-28T10:00:00.000Z';
const expiresAt = '2026-03-29T10:00:00.000Z';
const receiving = { name: 'ReceiveExport', data: { captureId, groupId, bytes: 10 } } as const;
const received = record('ChatExportReceived', { ...receiving.data, expiresAt });
const what = { messages: 2, notices: 1, attachments: 0, backwards: 0, timeZone: 'Europe/London' };
const data = { captureId, groupId, ...what, dateOrder: 'day_first', dateOrderIs: 'certain' } as const;
const read = record('ChatExportRead', data);
const reading = { name: 'FinishReading', data } as const;
const rejecting = { name: 'RejectExport', data: { captureId, reason: 'not_recognised' } } as const;
const rejected = record('ChatExportRejected', { captureId, groupId, reason: 'not_recognised' });
const finishing = { name: 'FinishCapture', data: { captureId } } as const;
const expiring = { name: 'Expire', data: { captureId } } as const;
const discarded = (because: 'done' | 'expired') => record('ChatExportDiscarded', { captureId, groupId, because });
const { given } = specify(capture);

describe('an exported chat', () => {
  it('may be looked through for 24 hours', () => {
    given().when(receiving, { now }).expectEvents(received);
    given(received).when(receiving, { now }).expectNothing();
    given(received, read).when(expiring, { now: '2026-03-29T09:59:59.999Z' }).expectNothing();
    given(received, read).when(expiring, { now: expiresAt }).expectEvents(discarded('expired'));
    given(received).when(expiring, { now: expiresAt }).expectEvents(discarded('expired'));
  });

  it('is read or rejected once, and not after its end', () => {
    given(received).when(reading).expectEvents(read);
    given(received).when(rejecting).expectEvents(rejected);
    given(received, read).when(reading).expectNothing();
    given(received, read).when(rejecting).expectNothing();
    given(received, discarded('expired')).when(reading).expectNothing();
  });

  it('is done with once it could be looked through, and gone then', () => {
    given(received).when(finishing).expectRefused('NotReady');
    given(received, read).when(finishing).expectEvents(discarded('done'));
    given(received, read, discarded('done')).when(finishing).expectRefused('NotReady');
    given(received, read, discarded('done')).when(expiring, { now: expiresAt }).expectNothing();
    given(received, rejected).when(expiring, { now: expiresAt }).expectNothing();
  });
});

describe('what is found in a chat', () => {
  it('is kept once, and is evidence once', () => {
    const kept = { captureId, groupId, itemId: personId, commitment: 'a'.repeat(43), sentAt: now, attachments: 0 };
    const message = record('ChatMessageKept', kept);
    specify(keptMessage).given().when({ name: 'KeepMessage', data: kept }).expectEvents(message);
    specify(keptMessage).given(message).when({ name: 'KeepMessage', data: kept }).expectNothing();
    const about = { captureId, groupId, personId, evidence: 'left', isLatest: true } as const;
    const found = record('RosterEvidenceFound', about);
    specify(rosterEvidence).given().when({ name: 'FindEvidence', data: about }).expectEvents(found);
    specify(rosterEvidence).given(found).when({ name: 'FindEvidence', data: about }).expectNothing();
  });
});
