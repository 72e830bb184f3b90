import { setTimeout as delay } from 'node:timers/promises';
import { lookInto } from '../../libs/testing/witness.js';
import { atLeast, type Fault, type Figures, sound } from './fault.js';
import { until } from './ground.js';
import { type Scene, tenth } from './scene.js';
import { type App, APPS, type Service } from './services.js';

const RELAY = 'libs/eventsourcing/relay.js';

/**
 * Two processes of each service share its relay, its deadlines and its topics. Whoever leads is put to sleep in the middle of its work and
 * cut off from the database, as a host that freezes; when another leads, it wakes and believes that it leads still.
 */
export const twoOfEverything: Fault = {
  id: 'F13',
  what: 'two of each service; the one that leads sleeps, is replaced and wakes',
  run: async (scene) => {
    const replicas = await Promise.all(APPS.map((app) => scene.world.replica(app)));
    try {
      for (const replica of replicas) replica.start();
      await scene.world.ready();
      return await scene.during(() => putToSleep(scene));
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop()));
    }
  },
  verdict: (figures) => [...sound(figures), ...atLeast(figures, 'sleepers', 4), ...atLeast(figures, 'epochs', 4)],
  planted: {
    what: 'every replica leads, and each sends the pages it takes, without a lock or an epoch between them',
    edits: [
      { file: RELAY, find: 'select pg_try_advisory_lock(', replace: 'select pg_try_advisory_lock_shared(' },
      {
        file: RELAY,
        find: 'from number_pending($1, ',
        replace: 'from number_pending((select epoch from sequencer where $1::bigint > 0), ',
      },
      {
        file: RELAY,
        find: "const sql = 'select * from sequenced_after($1, $2)';",
        replace:
          'return this.options.database.asRelay(async (tx)=>{\n' +
          "            const [row] = await tx.query('select published from sequencer for update');\n" +
          '            const page = await readSequenced(tx.query, Number(row.published), 5);\n' +
          "            if (page.length > 0) await tx.query('update sequencer set published = $1', [page.at(-1).position]);\n" +
          '            return page;\n' +
          '        });\n' +
          "        const sql = '';",
      },
      {
        file: RELAY,
        find: 'await this.options.publish(events);',
        replace: 'await rest(Math.random() * 1_000);\n                await this.options.publish(events);',
      },
      { file: RELAY, find: 'const events = this.readAlong;', replace: 'const events = [];' },
      {
        file: RELAY,
        find: 'events = await this.mark(epoch, published);',
        replace: 'events = await this.page(published);',
      },
    ],
  },
};

async function putToSleep({ world }: Scene): Promise<Figures> {
  const { dice, options, ownerUrl } = world;
  const before = await epochs(ownerUrl);
  let [sleepers, slowest] = [0, 0];
  for (let round = 0; round < (options.short ? 1 : 5); round++) {
    for (const app of APPS) {
      await delay(dice.between(200, 1_000));
      const sleeper = await leaderOf(world.all, ownerUrl, app);
      sleeper.signal('SIGSTOP');
      try {
        await delay(dice.between(100, 1_000));
        await cutOff(ownerUrl, sleeper.name);
        const replaced = async () => (await leaderOf(world.all, ownerUrl, app)) !== sleeper;
        slowest = Math.max(slowest, await until(`another leads for ${app}`, 60, replaced));
        await delay(options.short ? 2_000 : 60_000);
      } finally {
        sleeper.signal('SIGCONT');
      }
      sleepers += 1;
    }
  }
  await world.ready();
  return { sleepers, slowest: tenth(slowest), epochs: (await epochs(ownerUrl)) - before };
}

/** Which process holds the lock of this service's relay; waits until one does. */
async function leaderOf(services: readonly Service[], ownerUrl: string, app: App): Promise<Service> {
  let leader: Service | undefined;
  const look = async () => {
    const names = await lookInto(ownerUrl, (query) =>
      query<{ name: string }>(
        `select application_name as name from pg_locks join pg_stat_activity using (pid)
         where locktype = 'advisory' and granted and objid::bigint = hashtext($1)::bigint & 4294967295`,
        [`rollcall.relay.${app}`],
      ),
    );
    // With a bug, more than one may hold it: then any.
    leader = services.find(({ name, isUp }) => isUp && names.some((held) => held.name === name));
    return leader !== undefined;
  };
  await until(`somebody leads for ${app}`, 60, look);
  return leader!;
}

/** Ends all sessions of a process: to the database it is gone. */
async function cutOff(ownerUrl: string, name: string): Promise<void> {
  await lookInto(ownerUrl, (query) =>
    query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [name]),
  );
}

/** How often somebody began to lead, all services together. */
async function epochs(ownerUrl: string): Promise<number> {
  const sum = APPS.map((app) => `(select epoch from ${app}.sequencer)`).join(' + ');
  const [row] = await lookInto(ownerUrl, (query) => query<{ epochs: string }>(`select ${sum} as epochs`));
  return Number(row!.epochs);
}
