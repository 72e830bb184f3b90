/** The standalone process on a folder of its own, with commands coming in: for the faults that an installation of one process has. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from './checker.js';
import type { Figures } from './fault.js';
import { Generator } from './generator.js';
import { freePorts, until } from './ground.js';
import { Journal } from './journal.js';
import { difference, soonOf, tenth } from './scene.js';
import { Service } from './services.js';
import { underWay, viewOf } from './view.js';
import type { World } from './world.js';

/** Seconds it may take to come to rest: a bound on waiting, wide enough for a busy machine. */
const REST_WITHIN = 150;

export class Alone {
  readonly journal = new Journal();
  private constructor(
    readonly folder: string,
    readonly service: Service,
    private readonly world: World,
    private ownerUrl: string,
    private generator: Generator | undefined,
  ) {}

  /** Starts it on a folder, gives it organisations, groups and people, and then lets it run from the build that the world runs. */
  static async start(world: World, folder: string): Promise<Alone> {
    await mkdir(folder, { recursive: true });
    const [port] = await freePorts(1);
    const env = { ROLLCALL_DATA: folder, PORT: String(port) };
    const service = new Service('standalone', 'standalone', port!, env, world.sound, world.guard);
    const alone = new Alone(folder, service, world, '', undefined);
    try {
      service.start();
      const [, key] = await service.says(/keep it:\s+(\S+)/);
      await service.ready();
      await alone.meetDatabase();
      alone.generator = new Generator(service.url, key!, world.dice, alone.journal, soonOf(world.options));
      await alone.generator.prepare(2, world.options.short ? 8 : 40, async () => void (await alone.rest()));
      await alone.runFrom(world.build);
      return alone;
    } catch (error) {
      await alone.close();
      throw error;
    }
  }

  private async runFrom(dist: string): Promise<void> {
    if (dist === this.service.dist) return;
    await this.service.stop();
    this.service.dist = dist;
    this.service.start();
    await this.service.ready();
    await this.meetDatabase();
  }

  /** Process id of its Postgres as the folder tells it, if there is one. */
  async postgresPid(): Promise<number | undefined> {
    const text = await readFile(join(this.folder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
    return Number(text.split('\n')[0]) || undefined;
  }

  /** Takes note of where its Postgres is now, and sees to it that it does not outlive the run. */
  async meetDatabase(): Promise<void> {
    const password = (await readFile(join(this.folder, 'postgres.password'), 'utf8')).trim();
    const port = (await readFile(join(this.folder, 'postgres.port'), 'utf8')).trim();
    this.ownerUrl = `postgres://postgres:${password}@127.0.0.1:${port}/rollcall`;
    const pid = await this.postgresPid();
    if (pid !== undefined) this.world.guard.watch(pid);
  }

  /** Lets commands come in, does harm and heals it, waits for rest, and says what came of it. */
  async during(harm: () => Promise<Figures>): Promise<Figures> {
    const { journal, service, world } = this;
    const generator = this.generator!;
    const [before, acknowledged] = [{ ...journal.tries }, journal.acknowledged.length];
    generator.start();
    let harmed: Figures;
    try {
      harmed = await harm();
    } finally {
      await generator.stop();
    }
    await service.ready();
    await this.meetDatabase();
    const rest = await this.rest().catch((error: Error) => {
      world.options.say(`  ${error.message}`);
      return undefined;
    });
    for (const text of [...journal.faults, ...generator.troubles].slice(0, 8)) world.options.say(`  ${text}`);
    return {
      acknowledged: journal.acknowledged.length - acknowledged,
      ...harmed,
      ...difference(before, journal.tries),
      troubles: generator.troubles.length,
      ...(rest === undefined ? { restless: 1 } : { rest: tenth(rest) }),
      ...(await this.judge()),
    };
  }

  private async rest(): Promise<number> {
    let calm = 0;
    return until('the standalone process is at rest', REST_WITHIN, async () => {
      const left = await underWay(this.ownerUrl).catch(() => ['the database does not answer']);
      calm = left.length === 0 && Date.now() > this.journal.dueBy + 1_000 ? calm + 1 : 0;
      return calm === 2;
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.service.output.slice(-2_000)}`);
    });
  }

  private async judge(): Promise<Figures> {
    const view = await viewOf(this.ownerUrl);
    const findings = check(this.journal, view);
    for (const { wrong, what } of findings.slice(0, 8)) this.world.options.say(`  ${wrong}: ${what}`);
    const events = Object.values(view.services).reduce((sum, { events: own }) => sum + own.length, 0);
    return { wrong: findings.length, events };
  }

  /** Ends it and its database. */
  async close(): Promise<void> {
    await this.service.stop();
    const pid = await this.postgresPid();
    if (pid === undefined) return;
    try {
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It has ended with its process, as it should.
    }
    this.world.guard.release(pid);
  }
}
