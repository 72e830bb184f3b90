import { setTimeout as delay } from 'node:timers/promises';

/** How long a pause between two pieces of work may be for the second to count as the next one of the first, milliseconds. */
const NEXT_WITHIN = 100;
/** How long others wait for work that comes piece after piece, milliseconds. */
const PATIENCE = 5_000;

/** Tells the time of this process and waits, both in milliseconds. */
interface Pace {
  readonly now: () => number;
  readonly rest: (milliseconds: number) => Promise<unknown>;
}

/**
 * Lets large pieces of work, for which somebody waits, go before what follows from them, for which nobody waits yet: both need the same
 * processor. It is a matter of speed alone, and of bounded patience: when the work has gone on for five seconds, piece after piece, both go on
 * side by side until it pauses.
 */
export class GivingWay {
  private inHand = 0;
  private endedAt = Number.NEGATIVE_INFINITY;
  private since: number | undefined;

  constructor(private readonly pace: Pace = { now: () => performance.now(), rest: delay }) {}

  /** Runs a piece of work that goes first; its result, or what it throws. */
  async first<T>(work: () => Promise<T>): Promise<T> {
    this.begin();
    try {
      return await work();
    } finally {
      this.inHand--;
      this.endedAt = this.pace.now();
    }
  }

  /** Resolves when no such work is in hand, nor was a moment ago; or when it has gone on for too long. */
  async turn(): Promise<void> {
    for (;;) {
      const wait = this.toWait();
      if (wait <= 0) return;
      await this.pace.rest(wait);
    }
  }

  private begin(): void {
    if (!this.goesOn()) this.since = this.pace.now();
    this.inHand++;
  }

  private goesOn(): boolean {
    return this.inHand > 0 || this.pace.now() - this.endedAt < NEXT_WITHIN;
  }

  private toWait(): number {
    if (!this.goesOn()) return 0;
    const now = this.pace.now();
    const patience = (this.since ?? now) + PATIENCE - now;
    const quiet = this.inHand > 0 ? NEXT_WITHIN : this.endedAt + NEXT_WITHIN - now;
    return Math.min(patience, quiet);
  }
}
