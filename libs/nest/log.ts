import { pino, type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

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
