import { setTimeout as delay } from 'node:timers/promises';
import type { Node } from './brokers.js';
import { atMost, type Fault, type Figures, sound } from './fault.js';
import { tenth, type Scene } from './scene.js';

/** A consumer finds its group again within a minute [F4]; a machine with two cores and three brokers on them gets twice that. */
const RECOVERED_WITHIN = 120;
const TOPIC = 'rollcall.membership';

/** The broker that leads a partition, the one that leads the controllers, and all of them at once are killed and come back. */
export const killBrokers: Fault = {
  id: 'F4',
  what: 'kill -9 of Kafka’s leader, controller, and all three brokers',
  run: (scene) => scene.during(() => killInTurn(scene)),
  verdict: (figures) => [...sound(figures), ...atMost(figures, 'recovered', RECOVERED_WITHIN)],
  planted: {
    what: 'marks events as published before it sends them',
    edits: [
      {
        file: 'libs/eventsourcing/relay.js',
        find: 'await this.options.publish(events);',
        replace: `const sending = events;
                published = events.at(-1).position;
                events = await this.mark(epoch, published);
                await this.options.publish(sending);
                continue;`,
      },
    ],
  },
};

async function killInTurn({ world }: Scene): Promise<Figures> {
  const { brokers, dice, options } = world;
  let [kills, recovered] = [0, 0];
  const heal = async () => {
    await brokers.startAll();
    await brokers.whole(TOPIC);
    recovered = Math.max(recovered, await world.ready());
  };
  const away = () => delay(options.short ? 4_000 : dice.between(4_000, 20_000));
  for (let round = 0; round < (options.short ? 1 : 5); round++) {
    for (const victim of [() => brokers.leaderOf(TOPIC), () => brokers.controller()] as (() => Promise<Node>)[]) {
      await (await victim()).signal('SIGKILL');
      kills += 1;
      await away();
      await heal();
    }
    await brokers.killAll();
    kills += brokers.nodes.length;
    await away();
    await heal();
  }
  return { kills, recovered: tenth(recovered) };
}
