import { resetGroup, type KafkaOptions } from '#bus/kafka';
import type { Database } from '#eventsourcing';

export interface Replay {
  /** The service's database; its schema names the service. */
  readonly database: Database;
  readonly kafka: KafkaOptions;
  /** The service's processors: consumer group and topics. */
  readonly processors: readonly { readonly name: string; readonly topics: readonly string[] }[];
}

/**
 * Brings a service's traffic about once more, after a topic or a group's place in it was lost [R12] [R14]: its processors begin at the
 * beginning of their topics, and its relay publishes everything anew from Postgres. The inboxes keep every effect single [R7].
 * Rejects, with nothing lost, while a process of the service is running; call it again then.
 */
export async function replay({ database, kafka, processors }: Replay): Promise<void> {
  const { schema } = database;
  const { client, release } = await database.relaySession();
  try {
    // The lock of the relay's leader: nobody publishes while we hold it.
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1)) as mine', [
      `rollcall.relay.${schema}`,
    ]);
    if (!rows[0]!.mine) throw new Error(`Stop every process of ${schema} first: one of them is publishing`);
    for (const { name, topics } of processors) await resetGroup(kafka, name, topics);
    await client.query('update sequencer set published = 0');
  } finally {
    await client.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await release();
  }
}
