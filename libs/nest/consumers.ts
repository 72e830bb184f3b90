import type { ProcessorServer } from '#bus';

const EVERY = 5_000; // milliseconds
const DOWN = 60_000;
const BUSY = 120_000;

export type Watched = Pick<ProcessorServer, 'name' | 'consumerStatus' | 'busyFor'>;

/** Follows the consumers of a process over several looks. Times are milliseconds on one clock. */
export class ConsumerWatch {
  private readonly downSince = new Map<string, number>();

  /** `answers` says whether any broker does. */
  constructor(
    private readonly processors: readonly Watched[],
    private readonly answers: () => Promise<boolean>,
  ) {}

  /**
   * What to end the process for: a consumer that has not run for a minute, or has not got on with its batch for two [R11]. While no broker
   * answers at all nothing is: a new process would not get on either, and this one takes commands [R14]; the minute counts from their return.
   */
  async look(now: number): Promise<Error | undefined> {
    for (const { name, consumerStatus } of this.statuses()) {
      if (consumerStatus === 'running' || consumerStatus === 'stopped') this.downSince.delete(name);
      else if (!this.downSince.has(name)) this.downSince.set(name, now);
    }
    const isBusy = ({ busyFor }: { busyFor: number }) => busyFor > BUSY;
    if (this.downSince.size === 0 && !this.statuses().some(isBusy)) return undefined;
    if (!(await this.answers())) {
      for (const name of this.downSince.keys()) this.downSince.set(name, now);
      return undefined;
    }
    const isDown = ({ name, consumerStatus }: { name: string; consumerStatus: string }) =>
      consumerStatus !== 'running' && now - (this.downSince.get(name) ?? now) > DOWN;
    const stuck = this.statuses().find((one) => isBusy(one) || isDown(one));
    return stuck && new Error(`${stuck.name} is ${stuck.consumerStatus} and does not get on`);
  }

  private statuses() {
    return this.processors.map((one) => ({
      name: one.name,
      consumerStatus: one.consumerStatus(),
      busyFor: one.busyFor(),
    }));
  }
}

/** Has the process ended for a consumer that does not get on: a supervisor starts it anew, and it goes on where it was. */
export function watchConsumers(
  processors: readonly Watched[],
  answers: () => Promise<boolean>,
  end: (error: Error) => void,
): void {
  const watch = new ConsumerWatch(processors, answers);
  let isLooking = false;
  setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void watch.look(performance.now()).then((error) => {
      isLooking = false;
      if (error) end(error);
    });
  }, EVERY).unref();
}
