import { atLeast, type Fault, type Figures, sound } from './fault.js';
import { until } from './ground.js';
import type { Edit } from './plant.js';
import type { Scene } from './scene.js';
import type { Service } from './services.js';
import { toBeRedelivered } from './view.js';

/** Kills the process when its transaction with the batch's effects is committed, and the offset of the batch is not. */
export const killedBetween: Edit = {
  file: 'libs/bus/processor.js',
  find: 'this.processing.failures.clear();',
  replace:
    'if (globalThis.batchesLeft === undefined) globalThis.batchesLeft = Number(process.env.FAULTS_BATCHES);\n' +
    "                if (items.length > 0 && --globalThis.batchesLeft === 0) process.kill(process.pid, 'SIGKILL');\n" +
    '                this.processing.failures.clear();',
};

/** A consumer dies after its transaction and before its offset: the batch comes again, and must change nothing. */
export const killBetweenCommits: Fault = {
  id: 'F2',
  what: 'kill -9 between the Postgres commit and the offset commit of a batch',
  run: (scene) => scene.during(() => killConsumers(scene)),
  verdict: (figures) => [...sound(figures), ...atLeast(figures, 'kills', 1), ...atLeast(figures, 'redelivered', 1)],
  planted: {
    what: 'takes every delivered event for a new one',
    edits: [
      {
        file: 'libs/bus/admit.js',
        find: 'for (const id of known)fresh.delete(id);',
        replace: '// every delivery counts as the first',
      },
    ],
  },
};

async function killConsumers(scene: Scene): Promise<Figures> {
  const { world } = scene;
  const dist = await world.variant([killedBetween]);
  let [kills, redelivered] = [0, 0];
  for (let round = 0; round < (world.options.short ? 1 : 10); round++) {
    const each = ['membership', 'gateway', 'consent'] as const;
    const again = each.map(async (name) => {
      const service = world.service(name);
      await dieAfter(service, dist, world.dice.between(3, 12));
      kills += 1;
      const handled = await toBeRedelivered(name, world.ownerUrl, world.brokers.addresses);
      Object.assign(service, { dist: world.build, more: {} });
      service.start();
      return handled;
    });
    // Side by side: their groups wait for a dead member's session to end, and that takes longest.
    for (const handled of await Promise.all(again)) redelivered += handled;
    await world.ready();
  }
  return { kills, redelivered };
}

/** Runs the service from a build that kills itself after so many batches, and resolves when it is dead. */
async function dieAfter(service: Service, dist: string, batches: number): Promise<void> {
  await service.stop();
  Object.assign(service, { dist, more: { FAULTS_BATCHES: String(batches) } });
  service.startOnce();
  await until(`${service.name} has handled ${batches} batches and is dead`, 120, () => !service.isUp, 50);
}
