/** What a policy asks of whoever meets a breach or an incident: the steps, whom to tell, and by when. */
import type { Rule } from '#events';
import { addDuration } from '../calendar/calendar.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type Route = ResolvedPolicy['parameters']['incident_routes']['value'][number];

/** A step of a checklist; `dueAt` is UTC, and only there where the policy names a time. */
export interface ChecklistStep {
  readonly step: string;
  readonly dueAt?: string;
}

/** The checklist of a breach. `inOrder`: a step counts only after those before it. */
export interface Checklist {
  readonly steps: readonly ChecklistStep[];
  readonly inOrder: boolean;
  readonly rules: readonly Rule[];
}

/** A route with the rule it is followed under, which names the obligations of this route alone. */
export interface RouteFound {
  readonly route: Route;
  readonly rule: Rule;
}

/** The first of these categories that one of the policies has a route for; undefined where none has. */
export function findRoute(policies: readonly ResolvedPolicy[], categories: readonly string[]): RouteFound | undefined {
  for (const category of categories) {
    for (const policy of policies) {
      const route = policy.parameters.incident_routes.value.find((one) => one.category === category);
      if (route) return { route, rule: { ...ruleOf(policy, 'incident_routes'), obligations: [...route.obligations] } };
    }
  }
  return undefined;
}

/**
 * The steps against a breach under these policies (BR-40 to BR-43): first what is to be deleted, then whom to tell. Where the policy
 * names no time for the telling its order is all it says, so the order is kept; a time is kept whatever is still to be deleted.
 * Without a route nothing but the law's own duties remains.
 */
export function breachChecklist(policies: readonly ResolvedPolicy[], awareAt: string, timeZone: string): Checklist {
  const found = findRoute(policies, ['breach']);
  if (!found) return { steps: [], inOrder: false, rules: [] };
  const { route, rule } = found;
  const limit = route.deadline === null ? {} : { dueAt: addDuration(awareAt, route.deadline, timeZone) };
  return {
    steps: [
      ...route.steps.map((step) => ({ step })),
      ...route.recipients.map((recipient) => ({ step: `tell_${recipient}`, ...limit })),
    ],
    inOrder: route.deadline === null,
    rules: [rule],
  };
}

/** Whether a step takes something away from phones or clouds, which a hold may forbid (BR-61). */
export const isDeletion = (step: string): boolean => step.startsWith('delete_');
