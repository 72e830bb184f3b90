/** A wake-up that is not lost when it comes before the wait. For one waiter. */
export class Signal {
  private raised = false;
  private wakeUp: (() => void) | undefined;

  raise(): void {
    this.raised = true;
    this.wakeUp?.();
  }

  /** Resolves at the next raise (at once if there was one since the last wait), after `limit` milliseconds, or when `end` aborts. */
  async wait(limit: number, end: AbortSignal): Promise<void> {
    if (!this.raised) await pause(limit, end, (wakeUp) => (this.wakeUp = wakeUp));
    this.raised = false;
    this.wakeUp = undefined;
  }
}

/** Resolves after `limit` milliseconds or when `end` aborts, whichever comes first; nothing else cuts it short. */
export function rest(limit: number, end: AbortSignal): Promise<void> {
  return pause(limit, end, () => undefined);
}

function pause(limit: number, end: AbortSignal, offer: (wakeUp: () => void) => void): Promise<void> {
  if (end.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wakeUp = () => {
      clearTimeout(timer);
      end.removeEventListener('abort', wakeUp);
      resolve();
    };
    const timer = setTimeout(wakeUp, limit);
    end.addEventListener('abort', wakeUp);
    offer(wakeUp);
  });
}
