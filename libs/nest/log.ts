import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

const request = new AsyncLocalStorage<string>();

/** Runs work on behalf of a request: each line logged in it, however deep, carries the request's id. */
export function onBehalfOf<T>(requestId: string, work: () => T): T {
  return request.run(requestId, work);
}

/** The id of the request this is done for; undefined outside of one. */
export const requestIdNow = (): string | undefined => request.getStore();

/**
 * The process's log: one JSON object a line. It carries ids, routes and counts; never a body, a query string, a header or a name.
 * Errors are cut to name, message, code and stack: database drivers attach values to theirs.
 */
export function openLog(
  name: string,
  level: string = process.env['LOG_LEVEL'] ?? 'info',
  destination?: DestinationStream,
): Log {
  const options = {
    name,
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => {
      const requestId = requestIdNow();
      return requestId === undefined ? {} : { requestId };
    },
    serializers: {
      err: (error: unknown) => {
        if (!(error instanceof Error)) return { type: typeof error };
        const { code, constraint } = error as { code?: unknown; constraint?: unknown };
        return { type: error.name, message: error.message, code, constraint, stack: error.stack };
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** The log as the machinery's plain function. */
export const plainLog = (log: Log) => (level: 'info' | 'warn' | 'error', message: string, error?: unknown) =>
  error === undefined ? log[level](message) : log[level]({ err: error }, message);
