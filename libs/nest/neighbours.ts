import { v5 } from 'uuid';
import type { Service } from '#events';
import type { Principal } from './call.js';
import { requestIdNow } from './log.js';
import { HttpProblem, problem } from './problem.js';

/** In whose name a neighbour is asked: one of our own processes by its name, and the person it acts for, if any. */
export interface Asker {
  readonly system: string;
  readonly onBehalfOf?: string;
}

/** How one service asks another over its own REST API: nothing is read from another's tables (docs/adr/0010). */
export interface Neighbours {
  /**
   * The answer of `service` to a request for an organisation, with the scope `admin`, whatever its status below 500; `path` begins with /v1.
   * Throws the 503 problem with Retry-After where it cannot be reached, is at fault or busy, or takes longer than ten seconds:
   * whatever was asked may have happened or not, so ask for things that may be asked twice.
   */
  ask<T>(
    service: Service,
    tenantId: string,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    by?: Asker,
  ): Promise<{ readonly status: number; readonly body: T }>;
}

export const NEIGHBOURS = Symbol('Neighbours');

const PATIENCE = 10_000; // milliseconds
const ASKERS = '3d5c35b2-4c1c-4d3e-9a53-5b2bb2a7a0cf';

/** Neighbours at the addresses that `urlOf` knows when it is asked, with tokens that `issue` signs. */
export function neighbours(
  urlOf: (service: Service) => string | undefined,
  issue: (principal: Principal) => Promise<string>,
): Neighbours {
  return {
    ask: async <T>(
      service: Service,
      tenantId: string,
      method: 'GET' | 'POST',
      path: string,
      body?: object,
      { system, onBehalfOf }: Asker = { system: 'services' },
    ) => {
      const url = urlOf(service);
      if (!url) throw unreachable(service);
      const token = await issue({ keyId: v5(system, ASKERS), tenantId, scopes: ['admin'], system });
      const requestId = requestIdNow();
      const response = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(onBehalfOf ? { 'rollcall-on-behalf-of': onBehalfOf } : {}),
          ...(requestId ? { 'x-request-id': requestId } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(PATIENCE),
      }).catch(() => undefined);
      if (!response || response.status >= 500 || response.status === 429) throw unreachable(service);
      const answer = (await response.json().catch(() => undefined)) as T | undefined;
      if (answer === undefined) throw unreachable(service);
      return { status: response.status, body: answer };
    },
  };
}

/** For a process that was given none: everybody is out of reach. */
export const noNeighbours: Neighbours = { ask: (service) => Promise.reject(unreachable(service)) };

function unreachable(service: Service): HttpProblem {
  return new HttpProblem(
    problem(503, 'unavailable', `The ${service} service cannot be reached at the moment. Try again.`),
    {
      'retry-after': '2',
    },
  );
}
