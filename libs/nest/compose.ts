import type { Provider, Type } from '@nestjs/common';
import type { Decider } from '#domain';
import type { Service } from '#events';
import type { Projection } from '#eventsourcing';
import { holdingsOf, type Holding } from './holdings.js';
import { operationsOf } from './operations.js';
import type { ServiceDefinition } from './service.js';

/** One feature of a service: what it brings to the service's definition. `tables` are SQL from `tenantTable`. */
export interface Slice {
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly processors?: ServiceDefinition['processors'];
  readonly deciders?: readonly object[];
  readonly projections?: readonly Projection[];
  readonly tables?: readonly string[];
  /** What of it is about people, for access requests and erasures. */
  readonly holdings?: readonly Holding[];
}

/** Puts slices together into a service. */
export function service(name: Service, module: Type, slices: readonly Slice[]): ServiceDefinition {
  const all = <K extends keyof Slice>(key: K) =>
    slices.flatMap((slice) => (slice[key] ?? []) as NonNullable<Slice[K]>[number][]);
  return {
    name,
    module,
    controllers: [...all('controllers'), operationsOf(name), holdingsOf(name)],
    providers: all('providers'),
    processors: all('processors'),
    deciders: all('deciders') as Decider<never, never, never>[],
    projections: all('projections'),
    holdings: all('holdings'),
    migrations: [{ name: 'ReadModels1700000000002', sql: all('tables') }],
  };
}
