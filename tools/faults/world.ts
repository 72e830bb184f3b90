/** A whole installation to break: Postgres, three brokers and the four services, all processes of their own that end with the run. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#eventsourcing/embedded';
import { Brokers } from './brokers.js';
import { Dice, freePorts, guardOver, type Guard, until } from './ground.js';
import { copyOf, type Edit } from './plant.js';
import { type App, APPS, type Environment, Service } from './services.js';

export interface WorldOptions {
  readonly seed: number;
  /** Few rounds and short outages. */
  readonly short: boolean;
  /** Further settings of every service. */
  readonly env?: Environment;
  /** Tells whoever waits how far it is. */
  readonly say: (line: string) => void;
}

export class World {
  readonly dice: Dice;
  /** The build as it was made, without any bug. */
  readonly sound: string;
  private readonly services = new Map<string, Service>();
  private copies = 0;
  /** Where the services find each other. */
  private upstreams: Environment = {};
  /** The operator's key of the first organisation. */
  key = '';

  private constructor(
    readonly options: WorldOptions,
    readonly folder: string,
    /** Watches over every process of this run. */
    readonly guard: Guard,
    readonly brokers: Brokers,
    private postgres: EmbeddedPostgres,
    private readonly postgresPort: number,
    private readonly env: Environment,
    private dist: string,
  ) {
    this.dice = new Dice(options.seed);
    this.sound = dist;
  }

  /** Starts everything; resolves when all four services are ready. Undoes what was started when it fails. */
  static async start(options: WorldOptions): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-faults-'));
    await chmod(folder, 0o711); // started by root, Postgres runs as another user, who must be able to pass
    const guard = guardOver(folder);
    try {
      const dist = await copyOf(buildFolder(), join(folder, 'product'));
      const [port] = await freePorts(1);
      const postgres = await startEmbeddedPostgres(join(folder, 'database'), { port: port! });
      guard.watch(postgres.pid);
      options.say('Postgres runs');
      const brokers = await Brokers.start(folder, guard);
      options.say('Three brokers run');
      const env = {
        ROLLCALL_DATABASE_OWNER_URL: postgres.ownerUrl,
        ROLLCALL_INTERNAL_SECRET: randomBytes(32).toString('hex'),
        ROLLCALL_KEK: randomBytes(32).toString('base64'),
        KAFKA_BROKERS: brokers.addresses.join(','),
        KAFKA_REPLICATION: '3',
        ...options.env,
      };
      const world = new World(options, folder, guard, brokers, postgres, port!, env, dist);
      await world.startServices();
      options.say('Four services run');
      return world;
    } catch (error) {
      await guard.close();
      throw error;
    }
  }

  private async startServices(): Promise<void> {
    const ports = await freePorts(APPS.length);
    const url = (app: App) => `http://127.0.0.1:${ports[APPS.indexOf(app)]}`;
    this.upstreams = {
      ROLLCALL_MEMBERSHIP_URL: url('membership'),
      ROLLCALL_CONSENT_URL: url('consent'),
      ROLLCALL_RETENTION_URL: url('retention'),
      ROLLCALL_GATEWAY_URL: url('gateway'),
    };
    for (const [index, app] of APPS.entries()) this.add(app, app, ports[index]!).start();
    await Promise.all(APPS.map((app) => this.service(app).ready()));
    this.key = (await this.service('gateway').says(/shown once: (\S+)/))[1]!;
  }

  private add(name: string, app: App, port: number): Service {
    // The name by which its sessions are told apart in the database.
    const own = {
      ROLLCALL_DATABASE_URL: this.postgres.urlFor(`rollcall_${app}`),
      PGAPPNAME: name,
      PORT: String(port),
    };
    const service = new Service(name, app, port, { ...this.env, ...this.upstreams, ...own }, this.dist, this.guard);
    this.services.set(name, service);
    return service;
  }

  /** One more process of a service: it shares the work on events and deadlines; the gateway does not ask it. Not started yet. */
  async replica(app: App): Promise<Service> {
    const [port] = await freePorts(1);
    const count = [...this.services.values()].filter((service) => service.app === app).length;
    return this.add(`${app}-${count + 1}`, app, port!);
  }

  service(name: string): Service {
    return this.services.get(name)!;
  }

  /** The four services, replicas left out. */
  get apps(): Service[] {
    return APPS.map((app) => this.service(app));
  }

  get all(): Service[] {
    return [...this.services.values()];
  }

  get url(): string {
    return this.service('gateway').url;
  }

  /** Superuser's URL of the database: for those who look and those who harm. */
  get ownerUrl(): string {
    return this.postgres.ownerUrl;
  }

  get postgresPid(): number {
    return this.postgres.pid;
  }

  /** How often a service ended by itself, without having been killed or asked to stop. */
  get fellOver(): number {
    return this.all.flatMap(({ exits }) => exits).filter(({ asked }) => !asked).length;
  }

  /** A copy of the product as this world runs it, with these pieces replaced as well. */
  variant(edits: readonly Edit[]): Promise<string> {
    this.copies += 1;
    return copyOf(this.dist, join(this.folder, `product-${this.copies}`), edits);
  }

  /** Makes a build with these bugs, and no others, the one this world runs, and returns it; it counts from the next start of a service. */
  async plant(edits: readonly Edit[]): Promise<string> {
    this.dist = this.sound;
    this.dist = await this.variant(edits);
    return this.dist;
  }

  /** The build that services run from unless told otherwise. */
  get build(): string {
    return this.dist;
  }

  /** Ends the database as a crash does, without writing anything down (`immediate`). */
  async crashPostgres(): Promise<void> {
    const { pid } = this.postgres;
    process.kill(pid, 'SIGQUIT');
    await until('Postgres is gone', 60, () => !isAlive(pid), 50);
    this.guard.release(pid);
    await this.postgres.stop();
  }

  /** Starts the database on its folder and port; what was committed is there again. */
  async startPostgres(): Promise<void> {
    this.postgres = await startEmbeddedPostgres(join(this.folder, 'database'), { port: this.postgresPort });
    this.guard.watch(this.postgres.pid);
  }

  /** Resolves when all services that are to run say that all their parts work, with the seconds that took. */
  async ready(limit?: number): Promise<number> {
    return Math.max(...(await Promise.all(this.all.filter(({ isWanted }) => isWanted).map((one) => one.ready(limit)))));
  }

  /** Ends everything and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((service) => service.kill(true)));
    await this.brokers.killAll();
    await this.postgres.stop().catch(() => undefined);
    this.guard.release(this.postgres.pid);
    await this.guard.close();
  }
}

/** The compiled product beside this very file, which is compiled itself. */
function buildFolder(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
