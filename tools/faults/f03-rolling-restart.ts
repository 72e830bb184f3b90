import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Fault, sound } from './fault.js';
import { tenth } from './scene.js';
import { APPS } from './services.js';
import { toBeRedelivered } from './view.js';

/** The limit of an orderly stop [R17], and what a busy machine may add to it. */
const STOPPED_WITHIN = 11;

/** Each service in turn is asked to stop and started again, as when a new version is rolled out. */
export const rollingRestart: Fault = {
  id: 'F3',
  what: 'SIGTERM to one service after the other under load',
  run: (scene) =>
    scene.during(async () => {
      const { world } = scene;
      let [stops, slowestStop, redelivered, killed] = [0, 0, 0, 0];
      for (let round = 0; round < (world.options.short ? 1 : 5); round++) {
        for (const app of APPS) {
          const service = world.service(app);
          await delay(world.dice.between(200, 1_000));
          slowestStop = Math.max(slowestStop, await service.stop());
          killed += service.exits.at(-1)?.code === 0 ? 0 : 1;
          stops += 1;
          redelivered += await toBeRedelivered(app, world.ownerUrl, world.brokers.addresses);
          service.start();
          await service.ready();
        }
      }
      return { stops, slowestStop: tenth(slowestStop), redelivered, killed };
    }),
  verdict: (figures) => [
    ...sound(figures),
    ...atMost(figures, 'slowestStop', STOPPED_WITHIN),
    ...atMost(figures, 'redelivered', 0),
    ...atMost(figures, 'killed', 0),
  ],
  planted: {
    what: 'waits for ever for its last connection, without a limit',
    edits: [
      {
        file: 'libs/nest/process.js',
        find: 'await closed;',
        replace:
          'clearTimeout(limit);\n    await new Promise(() => setInterval(() => undefined, 1_000));\n    await closed;',
      },
    ],
  },
};
