import { CanActivate, ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request as HttpRequest } from 'express';
import { ROUTE, type Principal, type RouteOptions } from './call.js';
import { HttpProblem, problem } from './problem.js';

/** Tells who a request comes from. Undefined for an unknown, expired or revoked credential: all look the same. */
export interface Authenticator {
  authenticate(credential: string): Promise<Principal | undefined>;
  /** Told of a request that a known key may not make, so that it can be recorded. */
  denied?(principal: Principal, route: string): Promise<void>;
}

export const AUTHENTICATOR = Symbol('Authenticator');

declare module 'express-serve-static-core' {
  interface Request {
    id: string;
    principal?: Principal;
  }
}

/** Lets a request through when its bearer key is known and has one of the route's scopes. Routes without options are not served. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(AUTHENTICATOR) private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const route = this.reflector.get<RouteOptions | undefined>(ROUTE, context.getHandler());
    if (!route) return true; // health and documentation, which have no organisation
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const credential = /^Bearer ([\w.-]{1,4096})$/i.exec(request.headers.authorization ?? '')?.[1];
    const principal = credential ? await this.authenticator.authenticate(credential) : undefined;
    if (!principal) {
      throw new HttpProblem(
        problem(401, 'unauthenticated', 'Send a valid access key as "Authorization: Bearer <key>".'),
        { 'www-authenticate': 'Bearer' },
      );
    }
    request.principal = principal;
    if (!route.scopes.some((scope) => principal.scopes.includes(scope))) {
      await this.authenticator.denied?.(principal, `${request.method}:${context.getHandler().name}`);
      throw new HttpProblem(
        problem(403, 'forbidden', `This needs a key with one of the scopes: ${route.scopes.join(', ')}.`),
      );
    }
    return true;
  }
}
