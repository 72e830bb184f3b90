import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The specs that take longest, the longest first. Begun last, one of them would go on alone when all others are done. */
const LONGEST = [
  'tools/rehearse/kafka.spec.ts',
  'tools/rehearse/rehearse.spec.ts',
  'libs/bus/kafka/kafka.spec.ts',
  'libs/bus/processor.spec.ts',
  'apps/standalone/main.spec.ts',
  'tools/rehearse/erasure-canary.spec.ts',
  'tools/rehearse/tracing.spec.ts',
  'libs/eventsourcing/embedded.spec.ts',
  'apps/retention/captures/large.spec.ts',
  'tools/replay/replay.spec.ts',
  'apps/consent/identification/one-time-code.spec.ts',
  'tools/rehearse/actions.spec.ts',
  'tools/restore.spec.ts',
  'tools/shipping.spec.ts',
];

/** The order of a run: the longest specs, then the others, larger files first. Throws where a spec named above is not there any more. */
export default class Sequencer {
  /** @param {{ globalConfig: { rootDir: string } }} options */
  constructor({ globalConfig }) {
    this.places = new Map(LONGEST.map((path, place) => [join(globalConfig.rootDir, path), place]));
    const gone = [...this.places.keys()].filter((path) => !existsSync(path));
    if (gone.length > 0) throw new Error(`jest.sequencer.js names specs that are not there: ${gone.join(', ')}`);
  }

  /**
   * @template {{ path: string }} Test
   * @param {readonly Test[]} tests
   */
  sort(tests) {
    const place = ({ path }) => this.places.get(path) ?? LONGEST.length;
    const sizes = new Map(tests.map(({ path }) => [path, statSync(path).size]));
    return tests.toSorted((a, b) => place(a) - place(b) || sizes.get(b.path) - sizes.get(a.path));
  }

  /** Nothing is remembered of a run: the order of the next one is the same. */
  cacheResults() {}
}
