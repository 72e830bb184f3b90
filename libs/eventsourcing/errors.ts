/** Somebody else wrote to the stream first. Retried when the caller named no version, answered with 412 when it did. */
export class WrongExpectedVersion extends Error {
  constructor(readonly streamIds: readonly string[]) {
    super(`Not at the expected version: ${streamIds.slice(0, 3).join(', ')}`);
    this.name = 'WrongExpectedVersion';
  }
}

/** An event that does not fit its own schema: a bug in a decider, or a message no version of ours wrote. Faults name fields and rules, never values. */
export class InvalidEvent extends Error {
  constructor(
    readonly type: string,
    readonly faults: readonly string[],
  ) {
    super(`${type} does not fit its schema: ${faults.join('; ')}`);
    this.name = 'InvalidEvent';
  }
}

/** An event's stored text would be larger than 256 KiB. */
export class EventTooLarge extends Error {
  constructor(readonly type: string) {
    super(`${type} is larger than 256 KiB`);
    this.name = 'EventTooLarge';
  }
}

const TRANSIENT = new Set([
  '40001',
  '40P01',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '53100', // the disk is full: whoever runs it makes room, and nothing was kept
  '53200',
  '25P03',
  '25P04',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

// What the driver says of a lost connection carries no code.
const LOST_CONNECTION =
  /Connection terminated|is not queryable|Query read timeout|timeout exceeded when trying to connect/;

/** True for faults that pass by themselves: lost connections, a server that restarts, deadlocks, two writers at once. */
export function isTransient(error: unknown): boolean {
  if (error instanceof WrongExpectedVersion) return true;
  if (!(error instanceof Error)) return false;
  const code = sqlState(error) ?? '';
  return TRANSIENT.has(code) || code.startsWith('08') || LOST_CONNECTION.test(error.message);
}

/** The SQLSTATE or system code of an error, if it carries one. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  return typeof code === 'string' ? code : sqlState(driverError);
}
