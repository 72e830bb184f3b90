import { describe, expect, it } from '@jest/globals';
import { CloudEvent, Kafka } from 'cloudevents';
import * as fc from 'fast-check';
import { v5 } from 'uuid';
import type { SequencedEvent } from '#eventsourcing';
import { statementId, toMessage } from './cloudevents.js';

const event: SequencedEvent = {
  id: '11111111-1111-4111-8111-111111111111',
  type: 'rollcall.membership.LeaverDetected.v1',
  name: 'LeaverDetected',
  tenantId: '22222222-2222-4222-8222-222222222222',
  streamId: 'person-33333333-3333-4333-8333-333333333333',
  version: 7,
  position: 1234,
  occurredAt: '2026-05-01T16:00:00.000Z',
  recordedAt: '2026-05-20T08:00:00.000Z',
  actor: { kind: 'system', id: 'spec' },
  correlationId: '44444444-4444-4444-8444-444444444444',
  data: {},
  body: '{"data":{"word":"\u00fcber"}}',
};

describe('an event on the wire', () => {
  it('[R16] is what the CloudEvents library makes of it in binary mode, header by header', () => {
    const { headers } = Kafka.binary(
      new CloudEvent({
        id: event.id,
        source: 'urn:rollcall:membership',
        type: event.type,
        subject: event.streamId,
        time: event.occurredAt,
        datacontenttype: 'application/json',
        tenantid: event.tenantId,
        streamversion: event.version,
        position: event.position,
        partitionkey: event.streamId,
        data: event.body,
      }),
    );
    const texts = Object.entries(headers as Record<string, unknown>).filter(([, value]) => value !== undefined);
    const message = toMessage(event);
    expect(message.headers).toEqual(Object.fromEntries(texts.map(([name, value]) => [name, String(value)])));
    expect(message.topic).toBe('rollcall.membership');
    expect(message.key).toBe(event.streamId);
    expect(message.value.equals(Buffer.from(event.body))).toBe(true);
  });
});

describe('the id of a statement', () => {
  it('[R8] is the UUID of version 5 that the library makes of its source and id', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(text, text, (source, id) => {
        expect(statementId(source, id)).toBe(v5(`${source}\n${id}`, '8f5bdc0e-6b0e-5a3a-9c8b-3a4a63c0f1d2'));
      }),
    );
  });
});
