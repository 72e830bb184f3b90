import { describe, expect, it } from '@jest/globals';
import { typeOf } from '#events';
import type { Database } from '#eventsourcing';
import { inProcessTransport } from './inprocess/index.js';
import { ProcessorServer } from './processor.js';
import type { BusMessage, Subscription } from './transport.js';

const LEFT = typeOf('membership', 'LeaverDetected');

/** The turn of a processor that handles leavers, for one message. */
async function turnOf(name: string, first: boolean, type: string): Promise<number | undefined> {
  let subscribed: Subscription | undefined;
  const transport = inProcessTransport();
  const processor = new ProcessorServer({
    name,
    first,
    topics: ['rollcall.membership'],
    database: { asRelay: async () => [] } as unknown as Database,
    transport: {
      ...transport,
      subscribe: (subscription) => transport.subscribe((subscribed = subscription)),
    },
    log: () => undefined,
    seal: (_, value) => Promise.resolve(value),
    open: (_, value) => Promise.resolve(value),
  });
  processor.addHandler(LEFT, () => Promise.resolve(), true);
  await new Promise<void>((listening, failed) => processor.listen((error) => (error ? failed(error) : listening())));
  const message: BusMessage = {
    topic: 'rollcall.membership',
    key: 'person-1',
    headers: { ce_type: type },
    value: Buffer.from('{}'),
  };
  return subscribed?.turn?.([message]);
}

describe('the turns of processors in one process', () => {
  it('begin with what somebody waits for, then the own service, then the others, then what is only counted', async () => {
    const counted = typeOf('membership', 'GroupRegistered');
    expect(
      await Promise.all([
        turnOf('membership.removals', true, LEFT),
        turnOf('membership.standing', false, LEFT),
        turnOf('consent.role-holders', false, LEFT),
        turnOf('membership.removals', true, counted),
      ]),
    ).toEqual([0, 1, 2, 3]);
  });
});
