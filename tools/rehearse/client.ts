/** The public REST API of a running system, as one key may use it. */

/** What came back; `body` is whatever JSON the API answered. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Api {
  get(path: string): Promise<Answer>;
  /** Text is sent as it is, anything else as JSON. */
  send(request: {
    method: string;
    path: string;
    body?: unknown;
    contentType?: string;
    onBehalfOf?: string;
  }): Promise<Answer>;
  /** Every row of a list, page after page. Throws where the answer is not a list. */
  rows(path: string): Promise<Row[]>;
  /** As `send` with POST. Throws where the answer is not a success: for what is needed and not examined. */
  must(path: string, body: unknown): Promise<Answer['body']>;
}

/** Longer than the clock takes at most to answer. */
const PATIENCE = 90_000; // milliseconds

/** Speaks to the API at `url` with an access key. */
export function connect(url: string, key: string): Api {
  const send: Api['send'] = async ({ method, path, body, contentType = 'application/json', onBehalfOf }) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...(onBehalfOf ? { 'rollcall-on-behalf-of': onBehalfOf } : {}),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE),
    }).catch((error: Error) => {
      throw new Error(`${url} cannot be reached`, { cause: error });
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: (isJson ? JSON.parse(text) : { text }) as Answer['body'] };
  };
  const get = (path: string) => send({ method: 'GET', path });
  const must: Api['must'] = async (path, body) => {
    const answer = await send({ method: 'POST', path, body });
    if (answer.status >= 300) throw new Error(`POST ${path}: ${inShort(answer)}`);
    return answer.body;
  };
  const rows: Api['rows'] = async (path) => {
    const all: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const join = path.includes('?') ? '&' : '?';
      const answer = await get(`${path}${join}limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      if (!Array.isArray(answer.body['items'])) throw new Error(`GET ${path}: ${inShort(answer)}`);
      all.push(...(answer.body['items'] as Row[]));
      cursor = (answer.body['next'] as string | null | undefined) ?? null;
    }
    return all;
  };
  return { get, send, rows, must };
}

/** An answer in one line: status, code and sentence. */
export function inShort({ status, body }: Answer): string {
  const { code, detail } = body as { code?: string; detail?: string };
  return [status, code, detail].filter((part) => part !== undefined).join(' ');
}

/** Moves the manual clock; every deadline until then has fired, and everything is settled, when this resolves. */
export async function moveClock(operator: Api, to: string): Promise<void> {
  await operator.must('/v1/clock', { to });
}
