import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler } from 'express';

/** How long a pause between two requests may be for the second to count as the next one of the first, milliseconds. */
const NEXT_WITHIN = 2;
/** How long others wait for requests at most, milliseconds. */
const PATIENCE = 5;

/** Tells the time of this process and waits, both in milliseconds. */
interface Pace {
  readonly now: () => number;
  readonly rest: (milliseconds: number) => Promise<unknown>;
}

/**
 * Whether anybody waits for an answer of this process at the moment. What nobody waits for may let them go first for a few milliseconds,
 * since both need the same processor. It is a matter of speed alone.
 */
export class Answering {
  private inHand = 0;
  private endedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly pace: Pace = { now: () => performance.now(), rest: delay }) {}

  /** Notes the requests that pass it; it must be the first to see them. */
  readonly requests: RequestHandler = (_request, response, next) => {
    this.inHand++;
    response.on('close', () => {
      this.inHand--;
      this.endedAt = this.pace.now();
    });
    next();
  };

  /** Resolves when nobody waits nor did a moment ago, or after five milliseconds, whichever comes first. */
  async quiet(): Promise<void> {
    const limit = this.pace.now() + PATIENCE;
    while (this.goesOn() && this.pace.now() < limit) await this.pace.rest(1);
  }

  private goesOn(): boolean {
    return this.inHand > 0 || this.pace.now() - this.endedAt < NEXT_WITHIN;
  }
}
