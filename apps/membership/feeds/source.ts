import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';

/** The name of a system as it may stand in an event. No `@`: it would let an address in. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}$/;

/**
 * The CloudEvents `source` of each event as a plain word for our own events: as it is, but for leading slashes; a fingerprint of
 * it where it holds anything but the characters of a system's name, since nobody can tell what that says about a person.
 */
export async function plainSources(
  kit: ServiceKit,
  tx: Transaction,
  sources: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const plain = new Map([...sources].map((source) => [source, source.replace(/^\/+/, '')]));
  const odd = [...plain].filter(([, name]) => !PLAIN.test(name)).map(([source]) => source);
  const marks = odd.length > 0 ? await kit.vault.commitments(tx, 'feed-source', odd) : [];
  odd.forEach((source, index) => plain.set(source, `feed-${marks[index]!}`));
  return plain;
}
