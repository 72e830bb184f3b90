import { setTimeout as delay } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { compareInstants, parseInstant } from '#domain';
import {
  Command,
  HttpProblem,
  Incoming,
  invalid,
  isSettled,
  problem,
  Read,
  Resource,
  type CallOf,
  type Progress,
  type ServiceControl,
  type Slice,
} from '#nest';

/** Steers every service of the installation, wherever it runs. */
export const CONTROLS = Symbol('ServiceControls');

const Move = Type.Object(
  { to: Type.String({ description: 'RFC 3339; not before the present of the clock' }) },
  { additionalProperties: false },
);
const SETTLING_LIMIT = 60_000; // milliseconds

/** The clock of the installation: real, or moved by hand for rehearsals. */
@Resource('clock', 'Operations')
export class ClockController {
  constructor(@Inject(CONTROLS) private readonly controls: readonly ServiceControl[]) {}

  @Read('', {
    scopes: ['operator', 'admin', 'auditor'],
    summary: 'What time it is for Rollcall, and whether the clock is real',
  })
  async show() {
    const [first] = await this.progress();
    return { now: first!.now, clock: first!.clock };
  }

  @Command('', {
    scopes: ['operator'],
    status: 200,
    summary: 'Moves the manual clock forward',
    description:
      'Deadlines between the old and the new time fire in order, each at its own time. Answers when all of it has been dealt with.',
    body: Move,
  })
  async move(@Incoming() { body }: CallOf<typeof Move>) {
    const to = parseInstant(body.to);
    if (!to)
      throw invalid([
        { field: 'body/to', rule: 'must be an instant with its offset, such as 2026-05-07T22:00:00+01:00' },
      ]);
    const [first] = await this.progress();
    if (first!.clock !== 'manual')
      throw new HttpProblem(
        problem(
          409,
          'system-clock',
          'This installation runs on real time; start it with ROLLCALL_CLOCK=manual to move the clock.',
        ),
      );
    if (compareInstants(to, first!.now) < 0)
      throw new HttpProblem(
        problem(409, 'clock-goes-forward', `The clock stands at ${first!.now} and only goes forward.`),
      );
    await this.advance(to);
    return { now: to, clock: 'manual' };
  }

  private async advance(to: string): Promise<void> {
    for (;;) {
      const all = await this.settled();
      const next = all
        .map(({ nextDue }) => nextDue)
        .filter((due) => due !== null && compareInstants(due, to) <= 0)
        .sort((a, b) => compareInstants(a!, b!))[0];
      await Promise.all(this.controls.map((control) => control.setClock(next ?? to)));
      if (!next) return void (await this.settled());
    }
  }

  private async settled(): Promise<readonly Progress[]> {
    const limit = performance.now() + SETTLING_LIMIT;
    // What one service has handled may have set another to work: only two equal looks in a row count.
    for (let before = ''; performance.now() < limit; await delay(5)) {
      const all = await this.progress();
      const now = all.map(({ head }) => head).join();
      if (isSettled(all) && now === before) return all;
      before = now;
    }
    throw new HttpProblem(
      problem(
        503,
        'not-settled',
        'The installation was still busy after 60 s; look at /v1/services/{service}/progress.',
      ),
      { 'retry-after': '5' },
    );
  }

  private progress(): Promise<Progress[]> {
    return Promise.all(this.controls.map((control) => control.progress()));
  }
}

export const clock: Slice = { controllers: [ClockController] };
