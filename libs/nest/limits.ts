import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { HttpProblem, problem } from './problem.js';

/** Requests per second and credential in one process; whoever has none shares their address's. */
const PER_SECOND = 500;

/** Answers 429 with Retry-After to a credential that asks more often than the limit; others are not held up by it. */
export function limitRequests(): RequestHandler {
  const limiter = new RateLimiterMemory({ points: PER_SECOND, duration: 1 });
  return (request, _response, next) => {
    const credential = request.headers.authorization;
    const who = credential ? createHash('sha256').update(credential).digest('base64') : (request.ip ?? '');
    limiter.consume(who).then(
      () => next(),
      () =>
        next(
          new HttpProblem(
            problem(429, 'too-many-requests', `More than ${PER_SECOND} requests a second; wait a moment.`),
            { 'retry-after': '1' },
          ),
        ),
    );
  };
}
