import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, atMost, type Fault, sound } from './fault.js';
import { tenth } from './scene.js';

/** A killed member keeps its partitions until its session is over (10 s): then the others go on, and 30 s must do on a free machine. */
const CAUGHT_UP_WITHIN = 60;

/** Each service is killed at random instants and started anew by its supervisor. */
export const killServices: Fault = {
  id: 'F1',
  what: 'kill -9 of each service at random instants',
  run: (scene) =>
    scene.during(async () => {
      const { world } = scene;
      const rounds = world.options.short ? 2 : 25;
      let kills = 0;
      for (let round = 0; round < rounds; round++) {
        for (const service of world.dice.shuffled(world.apps)) {
          await delay(world.dice.between(300, 3_000));
          // It may be starting still: then it dies in the middle of that.
          kills += service.isUp ? 1 : 0;
          await service.kill();
        }
        if (round % 2 === 1) await world.ready();
      }
      return { kills, ready: tenth(await world.ready()) };
    }),
  verdict: (figures) => [
    ...sound(figures),
    ...atLeast(figures, 'kills', 4),
    ...atMost(figures, 'rest', CAUGHT_UP_WITHIN),
  ],
  planted: {
    what: 'acknowledges a command before its transaction is committed',
    edits: [
      {
        file: 'libs/eventsourcing/database.js',
        find: "const { command } = await client.query('commit');",
        replace:
          "const isCommand = tenantId && !tenantId.startsWith('00000000');\n" +
          "        if (isCommand) setTimeout(() => client.query('commit').catch(() => undefined), 1_000);\n" +
          "        const { command } = isCommand ? { command: 'COMMIT' } : await client.query('commit');",
      },
      {
        file: 'libs/eventsourcing/database.js',
        find: '    } finally{\n        await runner.release();\n    }\n    for (const wake of wakes)wake();',
        replace:
          '    } finally{\n        setTimeout(() => void runner.release(), 1_200);\n    }\n    for (const wake of wakes)wake();',
      },
    ],
  },
};
