import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { v5 } from 'uuid';
import { ProcessorServer, toMessage, type ProcessorOptions, type Transport } from '#bus';
import type { Decider, NewEvent } from '#domain';
import type { Service } from '#events';
import {
  Appender,
  Commands,
  Database,
  EventStore,
  migrate,
  Relay,
  Sweeper,
  type Cause,
  type Migration,
  type Projection,
  type SequencedEvent,
  type Transaction,
} from '#eventsourcing';
import { openVault, vaultMigration, type Vault } from '#vault';
import { GivingWay } from './giving-way.js';
import type { Holding } from './holdings.js';
import { plainLog, type Log } from './log.js';
import type { Tracing } from './tracing.js';

/** Everything that makes one service: a process is a list of these. */
export interface ServiceDefinition {
  readonly name: Service;
  /** Its Nest module class, which needs no more than a name. */
  readonly module: Type;
  readonly controllers: readonly Type[];
  readonly providers?: readonly Provider[];
  /** Event processors with the topics each listens to; their `@EventPattern` handlers are among the controllers. */
  readonly processors: readonly Pick<ProcessorOptions, 'name' | 'topics' | 'first'>[];
  readonly deciders: readonly Decider<never, never, never>[];
  readonly projections: readonly Projection[];
  readonly migrations: readonly Migration[];
  /** What it holds about people, part by part: read for whoever asks for it by right, destroyed by an erasure. */
  readonly holdings?: readonly Holding[];
}

/** Where a service finds its database, its keys and the bus. */
export interface ServiceSetting {
  /** The application role's connection. */
  readonly url: string;
  /** The owner's connection, for migrations at start; without it the schema must be up to date already. */
  readonly ownerUrl?: string;
  /** Folder of the key file where no ROLLCALL_KEK is set. */
  readonly folder?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly transport: Transport;
  readonly log: Log;
  /** Tells of its appends, publications and handled events; nobody is told when left out. */
  readonly tracing?: Tracing;
}

/** A running service: its database, store, vault, relay, sweeper and processors. Controllers are given the one of their own module. */
export class ServiceKit {
  private constructor(
    readonly definition: ServiceDefinition,
    readonly database: Database,
    readonly commands: Commands,
    readonly vault: Vault,
    readonly processors: readonly ProcessorServer[],
    readonly transport: Transport,
    readonly log: Log,
    readonly clock: 'system' | 'manual',
    private readonly tracing: Tracing | undefined,
    /** The settings of its process, for what one slice alone needs. */
    readonly env: ServiceSetting['env'],
  ) {}

  /** For what is recorded beside no other write. */
  readonly appender = new Appender(this.database, this.commands.store);
  /** For what takes in much at once: what follows from it is published when no more comes. */
  readonly givingWay = new GivingWay();
  private readonly lastly: (() => Promise<void>)[] = [];
  private relay: Relay | undefined;
  private sweeper: Sweeper | undefined;

  get name(): Service {
    return this.definition.name;
  }

  get store(): EventStore {
    return this.commands.store;
  }

  /** Migrates if it may, opens the database and the vault, and prepares the processors; nothing runs yet. */
  static async open(definition: ServiceDefinition, setting: ServiceSetting): Promise<ServiceKit> {
    const { url, ownerUrl, transport, log, tracing } = setting;
    const schema = definition.name;
    if (ownerUrl)
      await migrate({ ownerUrl, url, schema, migrations: [vaultMigration(schema), ...definition.migrations] });
    const database = await Database.open({ url, schema });
    const clock = await setClock(database, setting.env['ROLLCALL_CLOCK']);
    const vault = await database.asRelay((tx) =>
      openVault(tx, schema, { env: setting.env, ...(setting.folder ? { folder: setting.folder } : {}) }),
    );
    const store = new EventStore({
      service: definition.name,
      projections: definition.projections,
      deciders: definition.deciders,
    });
    const processors = definition.processors.map(
      (processor) =>
        new ProcessorServer({
          ...processor,
          database,
          transport,
          log: plainLog(log),
          around: tracing && ((events, work) => tracing.handling(processor.name, events, work)),
          seal: (tx, value) => vault.seal(tx, value),
          open: (tx, value) => vault.open(tx, value),
        }),
    );
    if (tracing)
      store.onAppend((outcome) => {
        if ('recorded' in outcome) tracing.appended(definition.name, outcome.recorded, outcome.seconds);
      });
    const commands = new Commands(store);
    return new ServiceKit(
      definition,
      database,
      commands,
      vault,
      processors,
      transport,
      log,
      clock,
      tracing,
      setting.env,
    );
  }

  /** Starts numbering, publishing and firing; call it when the processors listen. */
  async start(): Promise<void> {
    await this.transport.ensureTopics([`rollcall.${this.name}`]);
    const log = plainLog(this.log);
    const relay = new Relay({
      database: this.database,
      log,
      publish: (events) => this.publish(events),
    });
    const sweeper = new Sweeper({
      database: this.database,
      commands: this.commands,
      deciders: this.definition.deciders,
      log,
    });
    this.relay = relay;
    this.sweeper = sweeper;
    this.store.onAppended((firstDue) => {
      relay.wake();
      if (firstDue !== undefined) sweeper.wake(firstDue);
    });
  }

  private async publish(events: readonly SequencedEvent[]): Promise<void> {
    await this.givingWay.turn();
    const { tracing, transport } = this;
    if (!tracing) return transport.publish(events.map(toMessage));
    const messages = events.map((event) => tracing.stamped(toMessage(event), event));
    return tracing.publishing(events, () => transport.publish(messages));
  }

  /** What does not work, by name; empty when the service is ready. */
  async faults(): Promise<Record<string, string>> {
    const faults: Record<string, string> = {};
    await this.database.asRelay((tx) => tx.query('select 1')).catch(() => (faults['postgres'] = 'cannot be reached'));
    const age = (round: number | undefined) =>
      round === undefined ? Number.POSITIVE_INFINITY : performance.now() - round;
    if (age(this.relay?.lastRound) > STALE) faults['relay'] = 'has not numbered events for 60 s';
    if (age(this.sweeper?.lastRound) > STALE) faults['sweeper'] = 'has not looked for due deadlines for 60 s';
    for (const processor of this.processors) {
      if (processor.consumerStatus() !== 'running') faults[processor.name] = `is ${processor.consumerStatus()}`;
      if (processor.busyFor() > STUCK) faults[processor.name] = 'has not got on with its batch for 120 s';
    }
    const bus = this.transport.healthy();
    if (!bus.ok) faults['bus'] = bus.detail;
    return faults;
  }

  /** Fires what has come due and numbers what was appended, now rather than at the next poll. */
  nudge(): void {
    this.relay?.wake();
    this.sweeper?.wake();
  }

  /**
   * Records what an operator did, in the organisation's stream of operations on this service. Each service has its own, with a name of its
   * own: who follows all services would take two streams of one name for a single one with a gap.
   */
  async recordOperation(tx: Transaction, cause: Cause, events: readonly NewEvent[]): Promise<void> {
    const streamId = `operations-${v5(this.name, tx.tenantId!)}`;
    await this.store.append(tx, cause, [{ streamId, expectedVersion: 'any', events }]);
  }

  /** Has work of the service's own that goes on beside requests and events finished before the database is closed. */
  beforeStop(finish: () => Promise<void>): void {
    this.lastly.push(finish);
  }

  /** Stops sweeping and relaying and closes the pools, in this order; processors and HTTP must have stopped before. */
  async stop(): Promise<void> {
    await Promise.all(this.lastly.map((finish) => finish()));
    await this.sweeper?.stop();
    await this.relay?.stop();
    await this.database.close();
  }
}

const STALE = 60_000; // milliseconds
const STUCK = 120_000;

/** The service as a Nest module. */
export function serviceModule(kit: ServiceKit): DynamicModule {
  const { module, controllers, providers = [] } = kit.definition;
  return { module, controllers: [...controllers], providers: [{ provide: ServiceKit, useValue: kit }, ...providers] };
}

/** `manual` or `manual:<instant>` starts a clock that only moves when told; a database that has one opens in no other mode. */
async function setClock(database: Database, mode: string | undefined): Promise<'system' | 'manual'> {
  const [kind, ...rest] = (mode ?? 'system').split(':');
  if (kind !== 'system' && kind !== 'manual')
    throw new Error(`ROLLCALL_CLOCK is "system", "manual" or "manual:<instant>", not "${kind}"`);
  await database.asRelay(async (tx) => {
    const [clock] = await tx.query<{ manual: boolean }>('select manual_at is not null as manual from clock');
    if (kind === 'manual') {
      const start = rest.length > 0 ? rest.join(':') : null;
      await tx.query(
        "update clock set manual_at = coalesce(manual_at, $1::timestamptz, date_trunc('milliseconds', clock_timestamp()))",
        [start],
      );
    } else if (clock!.manual) {
      throw new Error(
        'This database was used with a manual clock: its times are not real. Start with ROLLCALL_CLOCK=manual, or on a new database',
      );
    }
  });
  return kind;
}
