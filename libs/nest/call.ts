import { Type, type Static, type TObject, type TSchema } from 'typebox';
import type { Scope } from '#domain';
import type { Cause, Transaction } from '#eventsourcing';

/** Whoever stands behind a request: an access key of one organisation with what it may do. */
export interface Principal {
  readonly keyId: string;
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  /** The name of one of our own processes, where it is that which asks and no key (NEIGHBOURS). */
  readonly system?: string;
}

/** Where a handler's options are kept. */
export const ROUTE = 'rollcall:route';

/** What a route takes, who may call it and what it gives; the guard, the validation and the OpenAPI document all read this. */
export interface RouteOptions {
  readonly scopes: readonly Scope[];
  readonly summary: string;
  readonly description?: string;
  readonly body?: TSchema;
  readonly query?: TObject;
  /** What it answers, for the document. */
  readonly answers?: TSchema;
  /** Status of a good answer; 200 for a read, 201 for a command unless said otherwise. */
  readonly status?: number;
  /** The body comes in this type, or one of these, instead of JSON. */
  readonly consumes?: string | readonly string[];
  /** The answer holds a secret: it is given once and not kept for a repeated Idempotency-Key. */
  readonly secret?: boolean;
  /**
   * A read that writes nothing, not even that it was read, and does not ask for the instant before its first statement: beginning and
   * statement are one round trip, and nobody waits for its end. `once`: it asks one thing, and the end goes out with that.
   */
  readonly looks?: boolean | 'once';
  /** A read that opens its own transactions, to stream. */
  readonly streams?: readonly string[];
}

/** What a handler gets: checked input, who asks, and the transaction that everything it does belongs to. */
export interface Call<Body = unknown, Query = unknown> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
  readonly principal: Principal;
  readonly tx: Transaction;
  /** Actor and case for the events this request leads to. */
  readonly cause: Cause;
  /** The version the client saw, from If-Match. */
  readonly expectedVersion?: number;
}

/** The call of a route whose body and query are these schemas. */
export type CallOf<B extends TSchema = TSchema, Q extends TObject = TObject> = Call<Static<B>, Static<Q>>;

/** Path parameters that end in Id are UUIDs; the others are short words. */
export function paramSchema(name: string): TSchema & object {
  return name.endsWith('Id') ? Type.String({ format: 'uuid' }) : Type.String({ pattern: '^[A-Za-z0-9._-]{1,80}$' });
}
