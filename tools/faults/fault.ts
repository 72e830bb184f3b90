/** What a fault is: something that is broken while commands come in, figures of what came of it, and what they must be. */
import type { Edit } from './plant.js';
import type { Scene } from './scene.js';

/** What was counted, by name; times in seconds. */
export type Figures = Readonly<Record<string, number>>;

export interface Fault {
  readonly id: string;
  /** What is broken, in a few words. */
  readonly what: string;
  /** Breaks a standalone installation of its own, and leaves the world alone. */
  readonly isApart?: true;
  /** Mostly waits: those that are apart are run meanwhile. */
  readonly isWait?: true;
  /** Breaks it, heals it, and counts. Leaves a whole system behind; `restless` is 1 where it does not come to rest. */
  run(scene: Scene): Promise<Figures>;
  /** Why the figures are not what they must be; empty when they are. */
  verdict(figures: Figures): string[];
  /** A bug in the product with which this fault must be found red: proof that it looks. */
  readonly planted: { readonly what: string; readonly edits: readonly Edit[] };
}

/** What must hold after every fault: nothing lost, nothing twice, no order broken, no command left without an answer. */
export function sound(figures: Figures): string[] {
  const none = ['restless', 'wrong', 'givenUp', 'fault5xx', 'troubles'].filter((name) => (figures[name] ?? 0) > 0);
  const idle = (figures['acknowledged'] ?? 0) === 0 ? ['nothing was acknowledged: the fault is blind'] : [];
  return [...none.map((name) => `${name} is ${figures[name]} and not 0`), ...idle];
}

/** A reason to be red where a figure is above its limit. */
export const atMost = (figures: Figures, name: string, limit: number): string[] =>
  (figures[name] ?? 0) > limit ? [`${name} is ${figures[name]} and not at most ${limit}`] : [];

/** A reason to be red where a figure is below what shows that the fault happened at all. */
export const atLeast = (figures: Figures, name: string, least: number): string[] =>
  (figures[name] ?? 0) < least ? [`${name} is ${figures[name] ?? 0} and not at least ${least}`] : [];
