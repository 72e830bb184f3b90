import type { RequestHandler } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { HttpProblem, problem, sendProblem, type Authenticator, type Log, type Principal } from '#nest';

export interface Upstream {
  readonly service: string;
  readonly url: string;
  /** First path segments under /v1 that it answers. */
  readonly paths: readonly string[];
}

const LIMIT = 30_000; // milliseconds an answer of a service may take

/** Hands requests for other services on to them, with a signed word on who asks instead of the caller's key. */
export function proxyTo(
  upstreams: readonly Upstream[],
  authenticator: Authenticator,
  issue: (principal: Principal) => Promise<string>,
  log: Log,
): RequestHandler {
  const proxies = new Map(upstreams.map((upstream) => [upstream, forward(upstream, authenticator, log)]));
  return async (request, response, next) => {
    const [, version, first, second] = request.path.split('/');
    const owner = (upstream: Upstream) =>
      first === 'services' ? upstream.service === second : upstream.paths.includes(first ?? '');
    const page = version === 'i' ? upstreams.find(({ service }) => service === 'consent') : undefined;
    const upstream = version === 'v1' ? upstreams.find(owner) : page;
    if (!upstream) return next();
    response.locals.route = `handed on to ${upstream.service}`;
    try {
      if (page) {
        // The page of an invitation is for people without a key: the token in its address is all they have.
        delete request.headers.authorization;
        await proxies.get(page)!(request, response, next);
        return;
      }
      const credential = /^Bearer ([\w.-]{1,4096})$/i.exec(request.headers.authorization ?? '')?.[1];
      const principal = credential ? await authenticator.authenticate(credential) : undefined;
      if (!principal)
        throw new HttpProblem(
          problem(401, 'unauthenticated', 'Send a valid access key as "Authorization: Bearer <key>".'),
          { 'www-authenticate': 'Bearer' },
        );
      request.principal = principal;
      request.headers.authorization = `Bearer ${await issue(principal)}`;
      await proxies.get(upstream)!(request, response, next);
    } catch (error) {
      sendProblem(request, response, error, log);
    }
  };
}

function forward({ service, url }: Upstream, authenticator: Authenticator, log: Log) {
  return createProxyMiddleware<Parameters<RequestHandler>[0], Parameters<RequestHandler>[1]>({
    target: url,
    proxyTimeout: LIMIT,
    xfwd: true, // the service counts attempts by the caller's address
    on: {
      proxyReq: (outgoing, request) => outgoing.setHeader('x-request-id', request.id),
      proxyRes: (answer, request) => {
        if (answer.statusCode === 403 && request.principal)
          void authenticator.denied?.(request.principal, `${request.method}:${service}`);
      },
      error: (error, request, response) => {
        log.warn({ err: error, requestId: request.id, service }, 'A service could not be reached');
        if ('status' in response) {
          sendProblem(
            request,
            response,
            new HttpProblem(
              problem(503, 'unavailable', `The ${service} service cannot be reached at the moment. Try again.`),
              { 'retry-after': '2' },
            ),
            log,
          );
        } else response.destroy();
      },
    },
  });
}
