import {
  activity,
  activityEnd,
  admissionVerdict,
  barAt,
  isOver,
  joinedForOf,
  loadWarnings,
  ruleOf,
  textLacks,
  type JoinedFor,
  type ParameterName,
  type ResolvedPolicy,
  type Route,
} from '#domain';
import type { Rule } from '#events';
import type { Transaction } from '#eventsourcing';
import { type Call, idOf, instantIn, notFound, type ServiceKit } from '#nest';
import { hasTexts } from '../groups/groups.read-model.js';
import { countMembers, moderationOf } from '../moderation/moderation.js';
import { groupsOf } from '../people/people.read-model.js';
import { adderOf } from './adder.js';
import type { Facts } from '../participation/facts.js';

/** How somebody is to be let in, and whether for work or privately; `guest` makes the access a limited one. */
export interface Wish {
  readonly route: Route;
  readonly joinedFor?: JoinedFor;
  readonly guest?: { readonly until?: string; readonly activityId?: string };
}

type Asking = Pick<Call, 'tx' | 'cause' | 'principal'>;

/**
 * The command that lets somebody in, or records why not: the wish measured against the facts by the gates of the policy
 * (LD-03, LD-04, LD-08, LD-09, HSU-07). Throws the problem for an activity the organisation does not have.
 */
export async function admission(
  kit: ServiceKit,
  call: Asking,
  facts: Facts,
  { route, guest, joinedFor: stated }: Wish,
) {
  const { tx } = call;
  const { groupId, personId, policy } = facts;
  const joinedFor = guest ? undefined : joinedForOf(facts, stated);
  const purpose = joinedFor ? { joinedFor } : {};
  const capacity = guest ? ('guest' as const) : ('member' as const);
  const tie = guest && (await guestTie(kit, tx, facts, guest));
  const bar = barAt(facts.participation, tx.now);
  const moderation = await moderationOf(kit, tx, groupId, policy);
  const adder = await adderOf(kit, call, moderation, personId);
  const verdict = admissionVerdict(policy, {
    ...facts,
    now: tx.now,
    capacity,
    route,
    ...purpose,
    adder,
    lacks: [...moderation.lacks, ...textLacks(policy, await hasTexts(tx, groupId))],
    ...(bar ? { bar } : {}),
    ...(tie?.until ? { guestUntil: tie.until } : {}),
    ...(tie?.activity ? { activity: tie.activity } : {}),
  });
  const limits = {
    ...(tie?.until ? { guestUntil: tie.until } : {}),
    ...(tie?.activityId ? { activityId: tie.activityId } : {}),
  };
  const data = { groupId, personId, capacity, route, ...purpose, ...limits, verdict, rules: rulesOf(policy, capacity) };
  return { name: 'Admit' as const, data };
}

/** What to think of now that the person is in: how many groups they are in, how large and how run the group is (LD-26, LD-47, AMZ-088). */
export async function warningsFor(kit: ServiceKit, tx: Transaction, { groupId, personId, policy }: Facts) {
  const { warnings } = await moderationOf(kit, tx, groupId, policy);
  const groups = (await groupsOf(tx, personId)).length;
  const members = await countMembers(tx, groupId);
  return [...loadWarnings(policy, { groups, members }), ...warnings];
}

/** Until when a guest may be in, and which activity that rests on: the named one, or the group's own where no end is named (LD-04). */
async function guestTie(kit: ServiceKit, tx: Transaction, { group }: Facts, guest: NonNullable<Wish['guest']>) {
  const named = guest.until === undefined ? undefined : instantIn('body/guest/until', guest.until);
  const activityId = guest.activityId ? idOf(guest.activityId) : named ? undefined : (group.activityId ?? undefined);
  if (!activityId) return { until: named };
  const { state, version } = (await kit.commands.states(tx, activity, [activityId])).get(activityId)!;
  if (version === 0) throw notFound('activity');
  const endsAt = activityEnd(state);
  return {
    activityId,
    until: named ?? endsAt,
    activity: { isOver: isOver(state, tx.now), ...(endsAt ? { endsAt } : {}) },
  };
}

/** The rules an admission is made under: those that ask for something in this case. */
function rulesOf(policy: ResolvedPolicy, capacity: 'member' | 'guest'): Rule[] {
  const { min_age, consent_methods } = policy.parameters;
  const names: ParameterName[] = [
    'add_authority',
    'join_routes',
    capacity === 'guest' ? 'guest_access' : 'eligible_categories',
    ...(min_age.value === null ? [] : (['min_age'] as const)),
    ...(consent_methods.value.length === 0 ? [] : (['consent_methods'] as const)),
  ];
  return names.map((name) => ruleOf(policy, name));
}
