import type { ServiceKit } from './service.js';

/** How far a service is with its own work; the clock and the health of a whole installation are judged by these. */
export interface Progress {
  readonly service: string;
  /** Last global position given, and the last one the bus has. */
  readonly head: number;
  readonly published: number;
  /** Events not numbered yet. */
  readonly pending: number;
  /** Deadlines open, and due now. */
  readonly deadlines: number;
  readonly due: number;
  /** When the next deadline falls due, ISO 8601 UTC. */
  readonly nextDue: string | null;
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

function readProgress(kit: ServiceKit): Promise<Progress> {
  return kit.database.asRelay(async (tx) => {
    const [row] = await tx.query<{
      head: string;
      published: string;
      pending: string;
      deadlines: string;
      due: string;
      next_due: string | null;
      manual: boolean;
      parked: string;
    }>(
      `select head, published, (select count(*) from pending) as pending, (select count(*) from deadlines) as deadlines,
         (select count(*) from deadlines where fire_at <= current_instant()) as due,
         (select iso(min(fire_at)) from deadlines) as next_due,
         (select manual_at is not null from clock) as manual,
         (select count(*) from parked where state = 'parked') as parked
       from sequencer`,
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
      deadlines: Number(row!.deadlines),
      due: Number(row!.due),
      nextDue: row!.next_due,
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
