import { setTimeout as delay } from 'node:timers/promises';
import { settled, type Client } from '../example/client.js';
import type { bareSteps } from './bare-steps.js';
import { measure, timesOf, type Row, type Size } from './harness.js';
import { openParty, type Someone } from './party.js';
import { feed, leaves } from './statements.js';

interface Leaving {
  readonly client: Client;
  readonly bare: Awaited<ReturnType<typeof bareSteps>>;
  /** Begins the rows' ids. */
  readonly id: string;
  /** How the product runs. */
  readonly how: string;
}

/** From a leaver's report to the order that can be read, one at a time, on an idle system; beside the bare steps it cannot do without. */
export async function leaving({ client, bare, id, how }: Leaving, size: Size): Promise<Row[]> {
  const each = size.quick ? 10 : 100;
  const rounds = size.quick ? 2 : 3;
  const waiting = await (await openParty(client)).members(each * rounds);
  const bar = {
    unit: 'ms',
    what: `leaver reported → removal order readable over REST, ${how}`,
    beside: 'bare steps',
  };
  return measure(
    {
      rounds,
      sides: {
        ours: () =>
          timesOf(
            each,
            () => ordered(client, waiting.pop()!, 1),
            () => settled(client),
          ),
        'bare steps': () => bare.run(each),
      },
      bars: [
        { ...bar, id: `${id}-p50`, metric: 'p50', what: `${bar.what}, p50`, atMost: 3 },
        { ...bar, id: `${id}-p99`, metric: 'p99', what: `${bar.what}, p99`, atMost: 6 },
      ],
    },
    size,
  );
}

/** The same for people who are in many groups each, beside people in one. */
export async function inManyGroups(client: Client, size: Size): Promise<Row[]> {
  const groups = size.quick ? 20 : 500;
  const rounds = size.quick ? 2 : 3;
  const party = await openParty(client);
  const inOne = await party.members(rounds * 5);
  const everywhere = await party.inGroups(groups, rounds);
  const idle = () => settled(client);
  return measure(
    {
      rounds,
      sides: {
        ours: () => timesOf(1, () => ordered(client, everywhere.pop()!, groups), idle),
        'in one group': () => timesOf(5, () => ordered(client, inOne.pop()!, 1), idle),
      },
      bars: [
        {
          id: 'leaver-groups',
          what: `the same for one person in ${groups} groups, until all orders are readable`,
          unit: 'ms',
          metric: 'p50',
          beside: 'in one group',
          atMost: 10,
        },
      ],
    },
    size,
  );
}

async function ordered(client: Client, { personId, crmId }: Someone, count: number): Promise<void> {
  await feed(client, [leaves(crmId)]);
  for (;;) {
    const { items } = await client.get<{ items: unknown[] }>(`/v1/removal-orders?personId=${personId}&limit=500`);
    if (items.length === count) return;
    await delay(1);
  }
}
