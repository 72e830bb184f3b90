import type { ServiceKit } from './service.js';

/** How far a service is with its own work; the clock and the health of a whole installation are judged by these. */
export interface Progress {
  readonly service: string;
  /** Last global position given, and the last one the bus has. */
  readonly head: number;
  readonly published: number;
  /** Events not numbered yet. */
  readonly pending: number;
  /** When the oldest event the bus does not have was recorded, by the service's clock, ISO 8601 UTC; null when it has all. */
  readonly unpublishedSince: string | null;
  /** Deadlines open, and due now. */
  readonly deadlines: number;
  readonly due: number;
  /** When the next deadline falls due, ISO 8601 UTC. */
  readonly nextDue: string | null;
  /** When the oldest deadline that should have fired fell due; null when none is due. */
  readonly dueSince: string | null;
  readonly now: string;
  readonly clock: 'system' | 'manual';
  readonly parked: number;
  /** Processor → topic → how many different events it has handled. */
  readonly handled: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Steers one service, in this process or in another. */
export interface ServiceControl {
  readonly service: string;
  progress(): Promise<Progress>;
  /** Moves the manual clock; refused by the database when it would go back. */
  setClock(instant: string): Promise<void>;
}

/** Steers a service of this process. */
export function localControl(kit: ServiceKit): ServiceControl {
  return {
    service: kit.name,
    progress: () => readProgress(kit),
    setClock: async (instant) => {
      await kit.database.asRelay((tx) =>
        tx.query('update clock set manual_at = greatest(manual_at, $1::timestamptz) where manual_at is not null', [
          instant,
        ]),
      );
      kit.nudge();
    },
  };
}

/** The instant in an event's body, as text: its one form sorts by time. */
const RECORDED_AT = "e.body::json ->> 'recordedAt'";

/** How far a service of this process is. Each of its statements may take `statementLimit` milliseconds; rejects when the database does not answer. */
export function readProgress(kit: ServiceKit, statementLimit = 30_000): Promise<Progress> {
  return kit.database.asRelay(async (tx) => {
    await tx.query("select set_config('statement_timeout', $1, true)", [String(statementLimit)]);
    const [row] = await tx.query<{
      head: string;
      published: string;
      pending: string;
      deadlines: string;
      due: string;
      unpublished_since: string | null;
      next_due: string | null;
      due_since: string | null;
      manual: boolean;
      parked: string;
    }>(
      `select head, published, (select count(*) from pending) as pending, d.*,
         least((select ${RECORDED_AT} from sequence s join events e using (tenant_id, stream_id, version) where s.position = published + 1),
           (select ${RECORDED_AT} from pending p join events e using (tenant_id, stream_id, version) order by p.ticket limit 1)
         ) as unpublished_since,
         (select manual_at is not null from clock) as manual,
         (select count(*) from parked where state = 'parked') as parked
       from sequencer, (
         select count(*) as deadlines, count(*) filter (where fire_at <= $1) as due, iso(min(fire_at)) as next_due,
           iso(min(due_at) filter (where due_at <= $1)) as due_since from deadlines) d`,
      [tx.now],
    );
    const counts = await tx.query<{ processor: string; topic: string; handled: string }>(
      'select processor, topic, handled from checkpoints',
    );
    const handled: Record<string, Record<string, number>> = {};
    for (const { name, options } of kit.processors)
      handled[name] = Object.fromEntries(options.topics.map((topic) => [topic, 0]));
    for (const count of counts)
      if (handled[count.processor]) handled[count.processor]![count.topic] = Number(count.handled);
    return {
      service: kit.name,
      head: Number(row!.head),
      published: Number(row!.published),
      pending: Number(row!.pending),
      unpublishedSince: row!.unpublished_since,
      deadlines: Number(row!.deadlines),
      due: Number(row!.due),
      nextDue: row!.next_due,
      dueSince: row!.due_since,
      now: tx.now,
      clock: row!.manual ? 'manual' : 'system',
      parked: Number(row!.parked),
      handled,
    };
  });
}

/** True when every event has been numbered, published and handled by every processor that listens, and nothing is due. */
export function isSettled(all: readonly Progress[]): boolean {
  const heads = new Map(all.map((progress) => [`rollcall.${progress.service}`, progress.head]));
  return all.every(
    (progress) =>
      progress.pending === 0 &&
      progress.due === 0 &&
      progress.published === progress.head &&
      Object.values(progress.handled).every((topics) =>
        Object.entries(topics).every(([topic, n]) => n >= (heads.get(topic) ?? 0)),
      ),
  );
}
