import { ArgumentsHost, Catch, HttpException, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Refusal } from '#domain';
import type { Rule } from '#events';
import { EventTooLarge, isTransient, WrongExpectedVersion } from '#eventsourcing';
import { SubjectErased } from '#vault';
import type { Log } from './log.js';

/** RFC 9457 problem document. `errors` names fields and rules of bad input, `rules` the policy and obligations behind a refusal. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly { readonly field: string; readonly rule: string }[];
  readonly rules?: readonly Rule[];
  readonly [extension: string]: unknown;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not well formed',
  401: 'Who you are is not known',
  403: 'The key does not open this',
  404: 'There is no such thing',
  409: 'A rule said no',
  412: 'It has changed since you looked',
  413: 'The request is too large',
  415: 'The content type is not supported',
  422: 'The key was used for another request',
  429: 'Too many requests',
  500: 'Something is wrong on our side',
  503: 'Not available for the moment',
};

/** Builds a problem document. `code` is a stable word for machines, `detail` one sentence for people. */
export function problem(status: number, code: string, detail: string, extra: Partial<Problem> = {}): Problem {
  return {
    type: `urn:rollcall:problem:${code}`,
    title: TITLES[status] ?? 'The request failed',
    status,
    detail,
    code,
    ...extra,
  };
}

/** Thrown to answer with a problem document; the request's transaction is rolled back. */
export class HttpProblem extends Error {
  constructor(
    readonly document: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(document.code);
  }
}

/** The one answer for what is not there and for what is another organisation's (nothing tells them apart). */
export function notFound(what: string): HttpProblem {
  return new HttpProblem(problem(404, 'not-found', `Your organisation has no such ${what}.`));
}

/** Bad input: which fields, by which rule. */
export function invalid(errors: readonly { field: string; rule: string }[]): HttpProblem {
  const [first] = errors;
  const detail = first ? `${first.field}: ${first.rule}.` : 'The input is not valid.';
  return new HttpProblem(
    problem(400, 'invalid-input', errors.length > 1 ? `${detail} ${errors.length - 1} more in errors.` : detail, {
      errors: errors.slice(0, 100),
    }),
  );
}

/** A refusal of the domain as a problem document, with the rules that said no. */
export function refusalProblem(refusal: Refusal): Problem {
  return problem(409, refusal.refused, refusal.because, { rules: refusal.rules });
}

/** Maps whatever was thrown to a problem document; our own faults are logged, and say nothing about the inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const request = host.switchToHttp().getRequest<Request>();
    sendProblem(request, response, error, this.log);
  }
}

/** Answers a request with the problem document for `error`. */
export function sendProblem(request: Request, response: Response, error: unknown, log: Log): void {
  const { document, headers } = toProblem(error);
  if (document.status >= 500) log.error({ err: error, requestId: request.id }, 'A request failed');
  if (response.headersSent) return void response.destroy();
  response
    .status(document.status)
    .set(headers)
    .type('application/problem+json')
    .send(JSON.stringify({ ...document, requestId: request.id }));
}

function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof WrongExpectedVersion) {
    return new HttpProblem(problem(409, 'busy', 'Others changed this at the same time; try again.'), {
      'retry-after': '1',
    });
  }
  if (error instanceof EventTooLarge)
    return new HttpProblem(problem(413, 'too-large', 'What you sent does not fit one event (256 KiB).'));
  if (error instanceof SubjectErased) {
    return new HttpProblem(
      problem(409, 'subject-erased', 'This person’s data was erased; recording it again needs an explicit permission.'),
    );
  }
  if (isTransient(error)) {
    return new HttpProblem(
      problem(503, 'unavailable', 'The database cannot be reached; nothing was recorded. Try again.'),
      { 'retry-after': '2' },
    );
  }
  if (error instanceof HttpException)
    return new HttpProblem(problem(error.getStatus(), CODES[error.getStatus()] ?? 'failed', error.message));
  return (
    fromExpress(error) ??
    new HttpProblem(problem(500, 'internal', 'This is our fault and has been logged; quote the request id.'))
  );
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid-input',
  404: 'not-found',
  405: 'not-allowed',
  413: 'too-large',
  415: 'unsupported-type',
};

/** Express and its body parser tell their client errors by `status` and `type`. */
function fromExpress(error: unknown): HttpProblem | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  const details: Readonly<Record<string, string>> = {
    'entity.too.large': 'The body is larger than this endpoint takes.',
    'entity.parse.failed': 'The body is not valid JSON.',
    'entity.verify.failed': 'The body is not valid UTF-8.',
    'charset.unsupported': 'The body must be UTF-8.',
    'encoding.unsupported': 'The content encoding is not supported.',
    'request.aborted': 'The request ended before its body was complete.',
  };
  return new HttpProblem(
    problem(
      status,
      CODES[status] ?? 'invalid-input',
      (typeof type === 'string' && details[type]) || 'The request could not be read.',
    ),
  );
}
