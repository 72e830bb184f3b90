import { Controller, Get, HttpException, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Type } from 'typebox';
import { findParked, listParked, settleParked } from '#bus';
import { localControl } from './control.js';
import { Answer } from './unit-of-work.js';
import { afterId, page, PageQuery, pageOf } from './page.js';
import { HttpProblem, notFound, problem } from './problem.js';
import type { Call, CallOf } from './call.js';
import { Command, Incoming, Read, Resource } from './route.js';
import { ServiceKit } from './service.js';

export const KITS = Symbol('ServiceKits');

/** Liveness looks at the event loop alone; readiness names every part that does not work. */
@Controller('health')
@ApiTags('Health')
export class HealthController {
  constructor(@Inject(KITS) private readonly kits: readonly ServiceKit[]) {}

  @Get('live')
  @ApiOperation({ summary: 'Answers as long as the process can answer at all' })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Says whether every part works, and which does not' })
  async ready() {
    const services = Object.fromEntries(
      await Promise.all(this.kits.map(async (kit) => [kit.name, await kit.faults()] as const)),
    );
    const clock = this.kits[0]?.clock ?? 'system';
    const document = {
      status: Object.values(services).every((faults) => Object.keys(faults).length === 0) ? 'ok' : 'unavailable',
      clock,
      services,
    };
    if (document.status !== 'ok') throw new HttpException(document, 503);
    return document;
  }
}

const Parked = Type.Object({
  parkedId: Type.String({ format: 'uuid' }),
  processor: Type.String(),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.String(),
  key: Type.String(),
  type: Type.Union([Type.String(), Type.Null()]),
  reason: Type.String(),
  attempts: Type.Integer(),
  parkedAt: Type.String({ format: 'date-time' }),
  state: Type.String(),
});
const ParkedQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(Type.Enum(['parked', 'replayed', 'discarded'])) },
  { additionalProperties: false },
);
const MoveClock = Type.Object({ to: Type.String({ format: 'date-time' }) }, { additionalProperties: false });

/** What operators need of one service: how far it is, what it set aside, and its clock in a rehearsal. One class a service, since paths differ. */
export function operationsOf(service: string): new (kit: ServiceKit) => object {
  @Resource(`services/${service}`, 'Operations')
  class OperationsController {
    constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

    @Read('progress', { scopes: ['operator'], summary: `How far ${service} is: events, deadlines, processors` })
    progress() {
      return localControl(this.kit).progress();
    }

    @Command('clock', {
      scopes: ['operator'],
      summary: `Moves the manual clock of ${service} alone; use /v1/clock to move all`,
      body: MoveClock,
      status: 200,
    })
    async clock(@Incoming() { body }: CallOf<typeof MoveClock>) {
      if (this.kit.clock !== 'manual') {
        throw new HttpProblem(
          problem(
            409,
            'system-clock',
            'This installation runs on real time; start it with ROLLCALL_CLOCK=manual to move the clock.',
          ),
        );
      }
      await localControl(this.kit).setClock(body.to);
      return { now: body.to };
    }

    @Read('parked', {
      scopes: ['operator', 'admin'],
      summary: `Messages that ${service} could not handle, oldest first`,
      query: ParkedQuery,
      answers: pageOf(Parked),
    })
    async parked(@Incoming() { tx, query }: CallOf<never, typeof ParkedQuery>) {
      const limit = query.limit ?? 50;
      return page(
        await listParked(tx, {
          state: query.state ?? 'parked',
          after: afterId(query.cursor) ?? '',
          limit: limit + 1,
        }),
        limit,
        (row) => [row.parkedId],
      );
    }

    @Read('parked/:parkedId', { scopes: ['operator', 'admin'], summary: 'One of them', answers: Parked })
    async one(@Incoming() { tx, params }: Call) {
      return (await findParked(tx, params['parkedId']!)) ?? fail();
    }

    @Command('parked/:parkedId/replay', {
      scopes: ['operator', 'admin'],
      status: 200,
      summary: 'Handles it again, and those that wait behind it on its stream, in order',
      description:
        'Effects stay single however often it is called. Answers with the ids that were handled; one that still fails stays parked.',
    })
    async replay(@Incoming() { tx, params, cause }: Call) {
      const parked = (await findParked(tx, params['parkedId']!)) ?? fail();
      const processor = this.kit.processors.find(({ name }) => name === parked.processor) ?? fail();
      const replayed = await processor.replay(tx, parked.key);
      await this.kit.recordOperation(
        tx,
        cause,
        replayed.map((parkedId) => ({
          name: 'ParkedMessageReplayed',
          data: { parkedId, processor: parked.processor },
        })),
      );
      return { replayed };
    }

    @Command('parked/:parkedId/discard', {
      scopes: ['operator', 'admin'],
      status: 200,
      summary: 'Gives it up for good; those behind it wait until they are replayed',
    })
    async discard(@Incoming() { tx, params, cause }: Call) {
      const parked = (await findParked(tx, params['parkedId']!)) ?? fail();
      if (!(await settleParked(tx, parked.parkedId, 'discarded'))) {
        return new Answer(409, problem(409, 'not-parked', `It is ${parked.state} already.`));
      }
      await this.kit.recordOperation(tx, cause, [
        { name: 'ParkedMessageDiscarded', data: { parkedId: parked.parkedId, processor: parked.processor } },
      ]);
      return { discarded: parked.parkedId };
    }
  }
  // Nest and the OpenAPI document tell controllers apart by name.
  Object.defineProperty(OperationsController, 'name', {
    value: `${service[0]!.toUpperCase()}${service.slice(1)}OperationsController`,
  });
  return OperationsController;
}

function fail(): never {
  throw notFound('parked message');
}
