import { setTimeout as delay } from 'node:timers/promises';

/** Talks to a running Rollcall with one access key; anything but a good answer ends the example with what the server said. */
export class Client {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  /** The same server with another key. */
  with(key: string): Client {
    return new Client(this.url, key);
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  post<T>(path: string, body: unknown = {}, type = 'application/json'): Promise<T> {
    return this.send<T>('POST', path, typeof body === 'string' ? body : JSON.stringify(body), type);
  }

  private async send<T>(method: string, path: string, body?: string, type?: string): Promise<T> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...(type ? { 'content-type': type } : {}) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(30_000),
    }).catch((error: unknown) => {
      throw new Error(`No Rollcall answers at ${this.url}. Start it with: npm start`, { cause: error });
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}

interface Progress {
  readonly head: number;
  readonly published: number;
  readonly pending: number;
  readonly due: number;
  readonly handled: Record<string, Record<string, number>>;
}
const SERVICES = ['gateway', 'membership', 'consent', 'retention'];

/** Waits until every service has dealt with what the others told it. Needs an operator's key. */
export async function settled(operator: Client): Promise<void> {
  for (let calm = 0, tries = 0; calm < 2; tries++) {
    if (tries > 600) throw new Error('Rollcall was still busy after a minute; see /v1/services/{service}/progress');
    const all = await Promise.all(
      SERVICES.map((service) => operator.get<Progress>(`/v1/services/${service}/progress`)),
    );
    const heads = new Map(all.map(({ head }, index) => [`rollcall.${SERVICES[index]}`, head]));
    const quiet = all.every(
      (one) =>
        one.pending === 0 &&
        one.due === 0 &&
        one.published === one.head &&
        Object.values(one.handled).every((topics) =>
          Object.entries(topics).every(([topic, n]) => n >= (heads.get(topic) ?? 0)),
        ),
    );
    calm = quiet ? calm + 1 : 0;
    await delay(quiet ? 20 : 100);
  }
}

/** Does `work` for each item, eight at a time, and shows how far it is. */
export async function forEach<T>(label: string, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let done = 0;
  const show = () => {
    if (process.stdout.isTTY) process.stdout.write(`\r  ${label} ${done}/${items.length}`);
  };
  const worker = async () => {
    while (next < items.length) {
      await work(items[next++]!);
      done++;
      show();
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  process.stdout.write(`${process.stdout.isTTY ? '\r' : ''}  ${label} ${items.length}/${items.length}\n`);
}
