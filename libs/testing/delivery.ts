/** What the delivery contract stands on: a real Nest application, a real database, and a transport under names of the test's own. */
import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Inject, Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import {
  connectProcessor,
  PAGES,
  ProcessorServer,
  processorId,
  type Handling,
  type ReceivedMessage,
  type Transport,
} from '#bus';
import { typeOf, type RecordedEvent } from '#events';
import { tenantTable, type Transaction } from '#eventsourcing';
import { Vault, vaultMigration } from '#vault';
import { openServiceDatabase, type ServiceDatabase } from './service-database.js';
import './tally.js';

export const TOPIC = 'rollcall.membership';
const SCRIPT = Symbol('Script');

/** What the handlers of a test do beside writing their effect; it may throw. */
export interface Script {
  trouble: (event: RecordedEvent, tx: Transaction) => Promise<void> | void;
  /** How many events each call brought. */
  readonly calls: number[];
}

/** One effect an event: a second one would be a second row. */
async function leaveEffect(script: Script, events: readonly RecordedEvent[], tx: Transaction): Promise<void> {
  script.calls.push(events.length);
  for (const event of events) {
    await tx.query('insert into effects (tenant_id, event_id, stream_id, version) values ($1, $2, $3, $4)', [
      tx.tenantId,
      event.id,
      event.streamId,
      event.version,
    ]);
    await script.trouble(event, tx);
  }
}

@Controller()
class CountsProcessor {
  constructor(@Inject(SCRIPT) private readonly script: Script) {}

  @EventPattern<string>(typeOf('membership', 'CountAdded'), processorId('counts'))
  async added(@Payload() event: RecordedEvent, @Ctx() { tx }: Handling) {
    await leaveEffect(this.script, [event], tx);
  }

  @EventPattern<string>(typeOf('membership', 'CountNamed'), processorId('counts'))
  async named(@Payload() event: RecordedEvent, @Ctx() { tx }: Handling) {
    await leaveEffect(this.script, [event], tx);
  }
}

@Controller()
class PagesProcessor {
  constructor(@Inject(SCRIPT) private readonly script: Script) {}

  @EventPattern<string>(PAGES, processorId('pages'))
  async page(@Payload() events: RecordedEvent[], @Ctx() { tx }: Handling) {
    await leaveEffect(this.script, events, tx);
  }
}

@Controller()
class StatementsProcessor {
  constructor(@Inject(SCRIPT) private readonly script: Script) {}

  @EventPattern<string>(typeOf('feeds', 'LeaverRescinded'), processorId('statements'))
  async rescinded(@Payload() event: RecordedEvent, @Ctx() { tx }: Handling) {
    await leaveEffect(this.script, [event], tx);
  }
}

@Module({})
class DeliveryModule {}

/**
 * A transport whose topics and groups have names of this test's own, so that a shared broker is like an empty one.
 * Keeps account of the messages of every batch that its handler accepted, repetitions and all.
 */
export class Wire {
  readonly accepted: ReceivedMessage[] = [];
  /** While true no offset is committed: as if the process died between the commit in Postgres and its own. */
  diesBeforeCommit = false;
  readonly prefix = `t${randomUUID().slice(0, 8)}.`;

  constructor(readonly inner: Transport) {}

  readonly transport = (): Transport => {
    const { inner, prefix } = this;
    const own = (topics: readonly string[]) => topics.map((topic) => `${prefix}${topic}`);
    return {
      ...inner,
      publish: (messages) =>
        inner.publish(messages.map((message) => ({ ...message, topic: `${prefix}${message.topic}` }))),
      ensureTopics: (topics) => inner.ensureTopics(own(topics)),
      subscribe: (subscription) =>
        inner.subscribe({
          group: `${prefix}${subscription.group}`,
          topics: own(subscription.topics),
          handled: new Map([...(subscription.handled ?? [])].map(([topic, n]) => [`${prefix}${topic}`, n])),
          onBatch: async (batch, heartbeat) => {
            const messages = batch.map((message) => ({ ...message, topic: message.topic.slice(prefix.length) }));
            await subscription.onBatch(messages, heartbeat);
            this.accepted.push(...messages);
            if (this.diesBeforeCommit) throw new Error('the process died before it had committed its offset');
          },
        }),
    };
  };
}

export type ProcessorName = 'counts' | 'pages' | 'statements';

/** A processor at work in an application of its own. */
export interface Consumer {
  readonly processor: ProcessorServer;
  stop(): Promise<void>;
}

/** One test's database, wire and script. */
export interface Bench {
  readonly service: ServiceDatabase;
  readonly wire: Wire;
  readonly transport: Transport;
  readonly script: Script;
  /** What the processors said, errors by their names. */
  readonly said: string[];
  start(name: ProcessorName, topics?: readonly string[]): Promise<Consumer>;
  close(): Promise<void>;
}

const EFFECTS = {
  name: 'Effects1700000000008',
  sql: [
    tenantTable(
      'effects',
      'nr bigint generated always as identity, event_id uuid not null, stream_id text not null, version integer not null',
      'nr',
    ),
  ],
};

/** Opens a bench over a transport; the transport is closed with it. */
export async function openBench(inner: Transport): Promise<Bench> {
  const service = await openServiceDatabase('membership', { migrations: [vaultMigration('membership'), EFFECTS] });
  const vault = new Vault(randomBytes(32), 'membership');
  const wire = new Wire(inner);
  const transport = wire.transport();
  const script: Script = { trouble: () => undefined, calls: [] };
  const said: string[] = [];
  const consumers: Consumer[] = [];
  const start = async (name: ProcessorName, topics: readonly string[] = [TOPIC]): Promise<Consumer> => {
    const processor = new ProcessorServer({
      name,
      topics,
      database: service.database,
      transport,
      log: (level, message, error) =>
        void said.push(`${level}: ${message}${error instanceof Error ? ` (${error.name})` : ''}`),
      seal: (tx, value) => vault.seal(tx, value),
      open: (tx, value) => vault.open(tx, value),
      backOff: [0],
    });
    const app = await connected(processor, script);
    const stop = async () => {
      await processor.close();
      await app.close();
    };
    consumers.push({ processor, stop });
    await app.startAllMicroservices();
    return { processor, stop };
  };
  const close = async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await inner.close();
    await service.close();
  };
  return { service, wire, transport, script, said, start, close };
}

async function connected(processor: ProcessorServer, script: Script): Promise<INestApplication> {
  const module = {
    module: DeliveryModule,
    controllers: [CountsProcessor, PagesProcessor, StatementsProcessor] as Type[],
    providers: [{ provide: SCRIPT, useValue: script }],
  };
  const app = await NestFactory.create(module, { logger: false, abortOnError: false });
  connectProcessor(app, processor);
  return app;
}

/** Waits until the claim holds; fails with its name after three quarters of a minute. */
export async function until(claim: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const limit = Date.now() + 45_000;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`It did not come about that ${claim}`);
    await delay(20);
  }
}
