/** How a breach stands, in the words of the answer: its steps and clocks, and what is missing. */
import { missingFrom, onTheClock, type BreachState } from '#domain';
import type { BreachRow } from './breaches.read-model.js';

/** What may be missing besides the steps of the checklist. */
const explanations: Readonly<Record<string, string>> = {
  decision_on_reporting: 'Nobody has decided how great the risk is and whether the regulator is told.',
  telling_the_regulator: 'It was decided to tell the regulator, and nobody has said that it was done.',
  telling_the_people: 'The risk is high, and not everybody who is owed it has been told.',
};

/** Said first to whoever opens a breach (BR-39), and what its outcome may mean for whoever caused it (CN-28). */
const guidance = [
  'Keep calm: a breach that is told early can nearly always be contained.',
  'Take the steps one after the other, and say so here; nobody has to remember them.',
  'Whoever caused it by disregarding the rules may have to answer for it. A slip that is told is no disregard.',
];

/** The codes of what is missing; nothing for what is no open breach. */
export function missingCodes(state: BreachState): string[] {
  return state.status === 'open' ? missingFrom(state) : [];
}

/** One breach in full. `timeZone` is the organisation's; instants are UTC, and on its clocks where a limit is named. */
export function standing(row: BreachRow, state: BreachState, holdIds: readonly string[], timeZone: string): object {
  const known = state.status === 'open' || state.status === 'closed' ? state : undefined;
  return {
    ...row,
    dueAtLocal: onTheClock(row.dueAt, timeZone),
    guidance,
    steps: (known?.reported.steps ?? []).map(({ step, dueAt }) => {
      const settled = known!.settled.get(step);
      return {
        step,
        dueAt: dueAt ?? null,
        dueAtLocal: dueAt ? onTheClock(dueAt, timeZone) : null,
        overdue: known!.overdue.has(step),
        outcome: settled?.outcome ?? null,
        attestedBy: settled?.attestedBy ?? null,
        at: settled?.at ?? null,
        lateBySeconds: settled?.lateBySeconds ?? null,
      };
    }),
    inOrder: known?.reported.inOrder ?? false,
    recipients: [...(known?.recipients ?? [])].map(([groupId, personIds]) => ({ groupId, personIds })),
    holdIds,
    risk: known?.decision?.risk ?? null,
    report: known?.decision?.report ?? null,
    regulatorToldAt: known?.regulatorToldAt ?? null,
    toTell: known?.decision?.toTell ?? [],
    told: [...(known?.told ?? [])],
    missing: missingCodes(state).map((code) => ({
      code,
      explanation: explanations[code] ?? `Nobody has said that this step was taken: ${code.replace('step:', '')}.`,
    })),
  };
}
