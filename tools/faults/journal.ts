/** The client's side of the story: every command that was acknowledged, and what follows from it if nothing is ever lost. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** A command that was answered with success, and the events that the answer names. */
export interface Acknowledged {
  readonly tenantId: string;
  readonly path: string;
  readonly events: readonly { readonly eventId: string; readonly name: string; readonly streamId: string }[];
}

/** What has to be there in the end, once each: the events of a person or an item that an acknowledged command leads to, now or through others. */
export interface Owed {
  readonly tenantId: string;
  /** Name of the event. */
  readonly name: string;
  /** Fields of its data that tell which one. */
  readonly where: Readonly<Record<string, string>>;
}

/** How requests went, all tries counted. */
export interface Tries {
  answered: number;
  refused: number;
  /** 503 with a Retry-After. */
  unavailable: number;
  /** 5xx of any other kind, or 503 without a Retry-After. */
  faults: number;
  /** No answer at all: the connection was refused, cut, or silent for too long. */
  cut: number;
  /** Commands never answered within the patience. */
  givenUp: number;
}

export class Journal {
  readonly acknowledged: Acknowledged[] = [];
  readonly owed: Owed[] = [];
  /** When the last deadline that something owed hangs on has passed, milliseconds. */
  dueBy = 0;
  readonly tries: Tries = { answered: 0, refused: 0, unavailable: 0, faults: 0, cut: 0, givenUp: 0 };
  /** The first few answers that were faults, to be shown. */
  readonly faults: string[] = [];
}

/** An answer with its status; refusals of a rule are answers, too. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Thrown when a command found no answer within the patience. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const ANSWER_WITHIN = 15_000; // milliseconds

/** One organisation's client. It repeats a command under the same Idempotency-Key until it is answered, as a careful integrator does. */
export class Client {
  constructor(
    private readonly url: string,
    private readonly key: string,
    readonly tenantId: string,
    readonly journal: Journal,
    /** Seconds a command is repeated before it is given up. */
    private readonly patience = 180,
  ) {}

  get(path: string): Promise<Reply> {
    return this.insist(path, { method: 'GET' });
  }

  /** Sends a command; what is acknowledged is written into the journal, with the events the answer names. */
  async post(path: string, body: object, type = 'application/json'): Promise<Reply> {
    const headers = { 'content-type': type, 'idempotency-key': randomUUID() };
    const reply = await this.insist(path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (reply.status < 300) {
      const events = (reply.body['events'] ?? []) as Acknowledged['events'];
      this.journal.acknowledged.push({ tenantId: this.tenantId, path, events });
    }
    return reply;
  }

  private async insist(path: string, request: RequestInit): Promise<Reply> {
    const { tries } = this.journal;
    const began = performance.now();
    for (let pause = 100; performance.now() - began < this.patience * 1000; pause = Math.min(2 * pause, 1_000)) {
      const reply = await this.once(path, request);
      if (reply) return reply;
      await delay(pause);
    }
    tries.givenUp += 1;
    throw new NoAnswer(`${request.method} ${path}`);
  }

  /** One try; undefined where another is called for. */
  private async once(path: string, request: RequestInit): Promise<Reply | undefined> {
    const { tries, faults } = this.journal;
    const answer = await this.exchange(path, request);
    if (answer === undefined) {
      tries.cut += 1;
      return undefined;
    }
    const { response, text } = answer;
    const mayRetry = response.headers.has('retry-after');
    if (response.status >= 500) {
      if (response.status === 503 && mayRetry) tries.unavailable += 1;
      else {
        tries.faults += 1;
        if (faults.length < 5) faults.push(`${request.method} ${path}: ${response.status} ${text.slice(0, 300)}`);
      }
      return undefined;
    }
    if (mayRetry) return undefined; // 429, or 409 where others wrote at the same time
    tries[response.ok ? 'answered' : 'refused'] += 1;
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Reply['body'] };
  }

  private async exchange(path: string, request: RequestInit) {
    try {
      const response = await fetch(this.url + path, {
        ...request,
        headers: { ...(request.headers as object), authorization: `Bearer ${this.key}` },
        signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      return { response, text: await response.text() };
    } catch {
      return undefined;
    }
  }
}
