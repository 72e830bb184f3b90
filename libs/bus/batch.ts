import type { Decoded } from './cloudevents.js';
import { NO_TENANT } from './parked.js';
import type { ReceivedMessage } from './transport.js';

/** A message as it came and what could be read of it. */
export type Item = { readonly message: ReceivedMessage; readonly decoded: Decoded };

/** Whose message it is; the nil tenant where that cannot be read. */
export const tenantOf = ({ decoded }: Item) =>
  'event' in decoded ? decoded.event.tenantId : (decoded.tenantId ?? NO_TENANT);

/** The items of a run that are still to be handled: unreadable ones, and each new event once. Takes them out of `fresh`. */
export function firstDeliveries(run: readonly Item[], fresh: Set<string>): Item[] {
  return run.filter(({ decoded }) => !('event' in decoded) || fresh.delete(decoded.event.id));
}

/** A batch by organisation, in one order for everybody, so that two batches never wait for each other's inbox rows. */
export function byTenant(items: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(tenantOf(item), [...(groups.get(tenantOf(item)) ?? []), item]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([, group]) => group);
}

/** A batch cut where the organisation changes, order kept. */
export function runsOfOneTenant(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run && tenantOf(run[0]!) === tenantOf(item)) run.push(item);
    else runs.push([item]);
  }
  return runs;
}
