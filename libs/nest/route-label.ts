import type { Request, Response } from 'express';

/**
 * The template of the route that answers a request, such as `/v1/people/:personId`; `none` where no route of this process does. For logs,
 * metrics and traces, which must not have the path itself: whoever asks can put anything into that, also a name.
 */
export function routeLabel(request: Request, response: Response): string {
  const template = (request.route as { path?: unknown } | undefined)?.path;
  return typeof template === 'string' ? template : (response.locals.route ?? 'none');
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** The ids in a request's path, in order; what is no UUID is not one of ours. */
export function idsIn({ path }: Request): string[] {
  return path.match(UUID) ?? [];
}
