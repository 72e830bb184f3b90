import { Counter, Gauge, type Registry } from 'prom-client';
import { readProgress, type Progress } from './control.js';
import type { ServiceKit } from './service.js';

/** Milliseconds a service has to tell its numbers; Prometheus itself waits 10 s unless told otherwise. */
export const LIMIT = 4_000;
/** For the statements that read them, a little less, so that they end before they are given up. */
const STATEMENT_LIMIT = 3_000;

const GAUGES = {
  rollcall_up: '1 when the service could read its numbers from its database, else 0',
  rollcall_ready: '1 when every part of the service works, as /health/ready judges',
  rollcall_clock_manual: '1 when time is moved by hand: a rehearsal',
  rollcall_events_pending: 'Events recorded that have no global position yet',
  rollcall_outbox_oldest_age_seconds: 'Age of the oldest event the bus does not have; 0 when it has all',
  rollcall_parked_messages: 'Messages set aside that were neither replayed nor discarded',
  rollcall_deadlines_open: 'Deadlines that have not fired',
  rollcall_deadlines_due: 'Deadlines whose time has come and that have not fired',
  rollcall_deadline_lateness_seconds: 'How long ago the oldest deadline that has not fired fell due; 0 when none is',
} as const;
const COUNTS = {
  rollcall_events_numbered_total: 'Events that have a global position: the head of the log, equal in every replica',
  rollcall_events_published_total: 'Events of the log that the bus has, equal in every replica',
} as const;

/** What one service told of itself at a scrape. */
export interface Reading {
  readonly kit: ServiceKit;
  readonly isReady: boolean;
  /** Undefined when the database did not tell in time. */
  readonly progress: Progress | undefined;
}

/** Asks a service for its numbers; never rejects. One whose last answer is still outstanding is not asked again: it would tie up a further connection. */
export async function readingOf(kit: ServiceKit, underWay: Set<ServiceKit>, within: number): Promise<Reading> {
  const away = { kit, isReady: false, progress: undefined };
  if (underWay.has(kit)) return away;
  underWay.add(kit);
  const reading = Promise.all([readProgress(kit, STATEMENT_LIMIT), kit.faults()])
    .then(([progress, faults]): Reading => ({ kit, progress, isReady: Object.keys(faults).length === 0 }))
    .catch((): Reading => away)
    .finally(() => underWay.delete(kit));
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Reading>((resolve) => (timer = setTimeout(() => resolve(away), within)));
  return Promise.race([reading, limit]).finally(() => clearTimeout(timer));
}

/** Makes the instruments for what is read at a scrape. Numbers of a service that is away are left out rather than shown old. */
export function showReadings(registry: Registry): (readings: readonly Reading[]) => void {
  const registers = [registry];
  const labelNames = ['service'];
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, help]) => [name, new Gauge({ name, help, labelNames, registers })]),
  );
  const counts = new Map(
    Object.entries(COUNTS).map(([name, help]) => [
      name,
      new Counter({ name, help, labelNames: ['service', 'topic'], registers }),
    ]),
  );
  const handled = new Counter({
    name: 'rollcall_events_handled_total',
    help: 'Different events of a topic that a processor has handled; equal to the numbered ones of the topic when it has caught up',
    labelNames: ['service', 'processor', 'topic'],
    registers,
  });
  return (readings) => {
    for (const metric of [...gauges.values(), ...counts.values(), handled]) metric.reset();
    for (const { kit, isReady, progress } of readings) {
      const service = kit.name;
      const numbers = { rollcall_up: progress ? 1 : 0, rollcall_ready: isReady ? 1 : 0, ...gaugesOf(progress) };
      for (const [name, value] of Object.entries(numbers)) gauges.get(name)!.set({ service }, value);
      if (!progress) continue;
      const topic = `rollcall.${service}`;
      counts.get('rollcall_events_numbered_total')!.inc({ service, topic }, progress.head);
      counts.get('rollcall_events_published_total')!.inc({ service, topic }, progress.published);
      for (const [processor, topics] of Object.entries(progress.handled))
        for (const [of, n] of Object.entries(topics)) handled.inc({ service, processor, topic: of }, n);
    }
  };
}

type Gauged = Exclude<keyof typeof GAUGES, 'rollcall_up' | 'rollcall_ready'>;

function gaugesOf(progress: Progress | undefined): Partial<Record<Gauged, number>> {
  if (!progress) return {};
  // Both instants are the database's (or the manual clock's), so no host's clock is compared with another's [R57].
  const secondsSince = (instant: string | null) =>
    instant === null ? 0 : Math.max(0, (Date.parse(progress.now) - Date.parse(instant)) / 1000);
  return {
    rollcall_clock_manual: progress.clock === 'manual' ? 1 : 0,
    rollcall_events_pending: progress.pending,
    rollcall_outbox_oldest_age_seconds: secondsSince(progress.unpublishedSince),
    rollcall_parked_messages: progress.parked,
    rollcall_deadlines_open: progress.deadlines,
    rollcall_deadlines_due: progress.due,
    rollcall_deadline_lateness_seconds: secondsSince(progress.dueSince),
  } satisfies Record<Gauged, number>;
}
