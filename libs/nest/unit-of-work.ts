import { createHash } from 'node:crypto';
import {
  CallHandler,
  ExecutionContext,
  Inject,
  Injectable,
  StreamableFile,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { sqlState, WrongExpectedVersion, type Outcome, type Transaction } from '#eventsourcing';
import { HttpProblem, invalid, notFound, problem, refusalProblem, type Problem } from './problem.js';
import { paramSchema, ROUTE, type Call, type RouteOptions } from './call.js';
import { expected } from './expected.js';
import { ServiceKit } from './service.js';

/** What a handler may return instead of a plain body: a status of its own, or the version for the ETag. */
export class Answer {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly version?: number,
  ) {}
}

/** The answer to a command: the body with the stream's new version as ETag, or the refusal as a problem document. Either way it is recorded. */
export function reply(outcome: Outcome, body: object, status = 201): Answer {
  return outcome.refusal ? new Answer(409, refusalProblem(outcome.refusal)) : new Answer(status, body, outcome.version);
}

const RETRIES = 5;
type Work = Request & { call: Call };

/**
 * Runs a handler in one transaction: checks the input, replays a repeated Idempotency-Key, and answers only after the commit.
 * Two writers at once: the loser runs again from the start unless the client named a version, which is answered with 412.
 */
@Injectable()
export class UnitOfWork implements NestInterceptor {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.reflector.get<RouteOptions>(ROUTE, context.getHandler());
    const http = context.switchToHttp();
    return from(this.run(options, http.getRequest<Work>(), http.getResponse<Response>(), next));
  }

  private async run(options: RouteOptions, request: Work, response: Response, next: CallHandler): Promise<unknown> {
    checkParams(request);
    const query = options.query
      ? checked(options.query, coerced(request.query, options.query), 'query')
      : noQuery(request);
    const body = options.body ? checked(options.body, (request.body as unknown) ?? {}, 'body') : noBody(request);
    const expectedVersion = ifMatch(request);
    const idempotency = idempotencyKey(request);
    const principal = request.principal!;
    const asker = principal.system
      ? { kind: 'system' as const, id: principal.system }
      : { kind: 'key' as const, id: principal.keyId };
    const cause = { actor: { ...asker, ...onBehalfOf(request) } };
    const call = (tx: Transaction): Call => ({
      body,
      query,
      params: request.params as Record<string, string>,
      principal,
      tx,
      cause,
      ...(expectedVersion === undefined ? {} : { expectedVersion }),
    });
    const handle = async (tx: Transaction): Promise<Answer | StreamableFile> => {
      const earlier = idempotency && (await findAnswer(tx, idempotency));
      if (earlier) return earlier;
      request.call = call(tx);
      const result: unknown = await lastValueFrom(next.handle());
      if (result instanceof StreamableFile) return result;
      const answer =
        result instanceof Answer
          ? result
          : new Answer(options.status ?? (request.method === 'POST' ? 201 : 200), result);
      if (idempotency) await keepAnswer(tx, idempotency, answer, options.secret ?? false);
      return answer;
    };
    const { database } = this.kit;
    const how = options.looks === 'once' ? 'glance' : options.looks ? 'look' : 'inTenant';
    const answer = await this.tryAgain(() => database[how](principal.tenantId, handle), expectedVersion !== undefined);
    return answer instanceof StreamableFile ? answer : send(request, response, answer);
  }

  private async tryAgain<T>(attempt: () => Promise<T>, versionNamed: boolean): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof WrongExpectedVersion && versionNamed) {
          throw new HttpProblem(
            problem(412, 'changed', 'Somebody changed this since you read it; read it again and decide anew.'),
          );
        }
        const sameKeyAtOnce =
          sqlState(error) === '23505' && (error as { constraint?: string }).constraint === 'idempotency_pkey';
        const conflict = error instanceof WrongExpectedVersion || sameKeyAtOnce || sqlState(error) === '40P01';
        if (!conflict || tries === RETRIES) throw error;
      }
    }
  }
}

/** A refusal is a problem document too; like any other it names the request, also where an earlier answer is given again. */
function send({ id }: Request, response: Response, { status, body, version }: Answer): unknown {
  response.status(status);
  if (version !== undefined) response.set('etag', `"${version}"`);
  if (status < 400) return body;
  response.type('application/problem+json');
  return { ...(body as Problem), requestId: id };
}

const validators = new WeakMap<TSchema, Validator>();

/** Checks against a schema; throws the problem that names each field and the rule it breaks, never its value. */
export function checked(schema: TSchema, value: unknown, where: string): unknown {
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, (validator = Compile(schema)));
  if (validator.Check(value)) return value;
  throw invalid(
    validator
      .Errors(value)
      .filter((fault) => fault.keyword !== 'boolean')
      .map((fault) => {
        const extra = (fault.params as { additionalProperties?: string[] }).additionalProperties;
        const path = `${where}${fault.instancePath}`;
        return extra
          ? { field: `${path}/${extra.map((name) => name.slice(0, 40)).join()}`, rule: 'is not a field we know' }
          : { field: path, rule: expected(fault) };
      }),
  );
}

function checkParams(request: Request): void {
  for (const [name, value] of Object.entries(request.params)) {
    try {
      checked(paramSchema(name), value, name);
    } catch {
      throw notFound('thing'); // an id nobody can have is an id nobody has
    }
  }
}

/** Query values arrive as text: where the schema wants a whole number or true/false, they are turned into what they mean. */
function coerced(query: Request['query'], schema: TObject): Record<string, unknown> {
  const meant = (name: string, value: unknown): unknown => {
    const { type }: { type?: unknown } = schema.properties[name] ?? {};
    if (type === 'integer' && typeof value === 'string' && /^-?\d{1,9}$/.test(value)) return Number(value);
    if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
    return value;
  };
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, meant(name, value)]));
}

function noQuery(request: Request): Record<string, never> {
  const names = Object.keys(request.query);
  if (names.length > 0)
    throw invalid(
      names.slice(0, 20).map((name) => ({ field: `query/${name.slice(0, 40)}`, rule: 'is not a field we know' })),
    );
  return {};
}

function noBody(request: Request): undefined {
  const body: unknown = request.body;
  if (typeof body === 'object' && body !== null && Object.keys(body).length > 0)
    throw invalid([{ field: 'body', rule: 'must be empty' }]);
}

function ifMatch(request: Request): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return undefined;
  const version = /^"(\d{1,9})"$/.exec(header)?.[1];
  if (!version) throw invalid([{ field: 'If-Match', rule: 'must be the ETag of an earlier answer' }]);
  return Number(version);
}

function onBehalfOf(request: Request): { onBehalfOf?: string } {
  const person = request.headers['rollcall-on-behalf-of'];
  if (person === undefined) return {};
  checked(paramSchema('personId'), person, 'Rollcall-On-Behalf-Of');
  return { onBehalfOf: String(person) };
}

interface Key {
  readonly route: string;
  readonly key: string;
  readonly fingerprint: string;
}

function idempotencyKey(request: Request): Key | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method !== 'POST') return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key))
    throw invalid([{ field: 'Idempotency-Key', rule: 'must be 1 to 200 visible characters' }]);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([request.originalUrl, request.body ?? null]))
    .digest('base64url');
  return { route: `${request.method} ${request.path}`, key, fingerprint };
}

async function findAnswer(tx: Transaction, { route, key, fingerprint }: Key): Promise<Answer | undefined> {
  const [row] = await tx.query<{ fingerprint: string; status: number; answer: string }>(
    'select fingerprint, status, answer from idempotency where tenant_id = $1 and route = $2 and key = $3',
    [tx.tenantId, route, key],
  );
  if (!row) return undefined;
  if (row.fingerprint !== fingerprint)
    throw new HttpProblem(problem(422, 'key-reused', 'This Idempotency-Key was used for a different request.'));
  const { body, version } = JSON.parse(row.answer) as { body: unknown; version?: number };
  return new Answer(row.status, body, version);
}

async function keepAnswer(
  tx: Transaction,
  { route, key, fingerprint }: Key,
  answer: Answer,
  secret: boolean,
): Promise<void> {
  // A refusal gives no secret: whoever asks again is told the same.
  const kept =
    secret && answer.status < 400
      ? new Answer(409, problem(409, 'shown-once', 'This was done already; its secret was shown once and is not kept.'))
      : answer;
  await tx.query(
    'insert into idempotency (tenant_id, route, key, fingerprint, status, answer) values ($1, $2, $3, $4, $5, $6)',
    [tx.tenantId, route, key, fingerprint, kept.status, JSON.stringify({ body: kept.body, version: kept.version })],
  );
}
