import {
  applyDecorators,
  Controller,
  createParamDecorator,
  Get,
  HttpCode,
  Post,
  SetMetadata,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import { Type } from 'typebox';
import { paramSchema, ROUTE, type Call, type RouteOptions } from './call.js';
import { Rules } from './fields.js';
import { UnitOfWork } from './unit-of-work.js';

/** Hands the `Call` to a handler. */
export const Incoming = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Request & { call: Call }>().call,
);

/** A controller of one resource under /v1; its handlers run in one transaction each. */
export const Resource = (path: string, tag: string) =>
  applyDecorators(Controller(`v1/${path}`), ApiTags(tag), ApiBearerAuth('key'), UseInterceptors(UnitOfWork));

/** A GET that reads. */
export const Read = (path: string, options: RouteOptions) =>
  applyDecorators(Get(path), ...documented(path, 200, options));

/** A POST that changes something: takes Idempotency-Key and If-Match, and is durable before it is answered. */
export const Command = (path: string, options: RouteOptions) =>
  applyDecorators(
    Post(path),
    HttpCode(options.status ?? 201),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Repeating a request with the same key gives the first answer again and changes nothing.',
      schema: { type: 'string', maxLength: 200 },
    }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag you saw; answered with 412 when it has changed.',
      schema: { type: 'string' },
    }),
    ...documented(path, 201, options),
  );

export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  requestId: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), rule: Type.String() }))),
  rules: Type.Optional(Rules),
});

function documented(path: string, status: number, options: RouteOptions): MethodDecorator[] {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) =>
    ApiParam({ name: name!, schema: paramSchema(name!) }),
  );
  const queries = Object.entries(options.query?.properties ?? {}).map(([name, schema]) =>
    ApiQuery({ name, required: options.query?.required?.includes(name) ?? false, schema }),
  );
  const body = options.body
    ? [ApiBody({ schema: options.body }), ApiConsumes(...[options.consumes ?? 'application/json'].flat())]
    : [];
  const content = options.streams
    ? Object.fromEntries(options.streams.map((type) => [type, { schema: { type: 'string' as const } }]))
    : { 'application/json': { schema: options.answers ?? {} } };
  const failure = (code: number, description: string) =>
    ApiResponse({
      status: code,
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  return [
    SetMetadata(ROUTE, options),
    ApiOperation({ summary: options.summary, ...(options.description ? { description: options.description } : {}) }),
    ...parameters,
    ...queries,
    ...body,
    ApiResponse({ status: options.status ?? status, description: 'Done', content }),
    failure(400, 'The input is not valid'),
    failure(401, 'No valid key'),
    failure(403, 'The key lacks the scope'),
    failure(404, 'No such thing in your organisation'),
    ...(status === 201 ? [failure(409, 'A rule said no'), failure(412, 'It has changed')] : []),
  ];
}
