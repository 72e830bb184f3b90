import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { closedUses, group, kindRefusal, person, ruleOf, type CommandOf, type GroupCommands } from '#domain';
import type { Transaction } from '#eventsourcing';
import {
  activePolicies,
  activePolicy,
  afterId,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  listed,
  notFound,
  pageOf,
  pastInstantIn,
  Read,
  recorded,
  refused,
  Resource,
  ServiceKit,
} from '#nest';
import { findActivity } from '../activities/activities.read-model.js';
import { Appoint, GroupRecorded, GroupsQuery, GroupView, RegisterGroup, When } from './groups.dto.js';
import { findGroups, listGroups, type GroupRow } from './groups.read-model.js';
import { staffAmong } from '../moderation/moderation.js';

/** The register of groups and of the people who run them. */
@Resource('groups', 'Groups')
export class GroupsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin'],
    summary: 'Registers a group under the profile in force',
    body: RegisterGroup,
    answers: GroupRecorded,
  })
  async register(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof RegisterGroup>) {
    const { name, purpose, groupType, official = true, endsAt } = body;
    const missing = await policyMissing(tx, groupType);
    if (missing) return missing;
    const admins = [...new Set(body.admins.map(idOf))];
    await this.mustKnow(tx, admins);
    const activityId = body.activityId && idOf(body.activityId);
    if (activityId && !(await findActivity(tx, activityId))) throw notFound('activity');
    const groupId = idOf(body.groupId ?? v7());
    const data = {
      groupId,
      groupType,
      official,
      admins,
      ...(activityId ? { activityId } : {}),
      ...(endsAt ? { endsAt: instantIn('body/endsAt', endsAt) } : {}),
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const request = { id: groupId, command: { name: 'Register' as const, data }, occurredAt, expectedVersion };
    const [outcome] = await this.kit.commands.execute(tx, group, cause, [request]);
    // A repeated registration changes nothing, so its texts must not either.
    if (outcome!.events.length > 0) await this.kit.vault.write(tx, groupId, { name, purpose });
    return recorded(outcome!, { groupId });
  }

  @Read('', {
    scopes: ['admin', 'moderator'],
    summary: 'All groups, in order of their ids',
    query: GroupsQuery,
    answers: pageOf(GroupView),
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof GroupsQuery>) {
    const { items, next } = await listed(query, afterId, (part) => listGroups(tx, part), ['groupId']);
    return { items: await this.withTexts(tx, items), next };
  }

  @Read(':groupId', { scopes: ['admin', 'moderator'], summary: 'One group', answers: GroupView })
  async one(@Incoming() { tx, params }: Call) {
    const [view] = await this.withTexts(tx, [await knownGroup(tx, params['groupId'])]);
    return view;
  }

  @Read(':groupId/policy', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'The rules the group is run by: every value, where it comes from and which obligations it answers',
  })
  async policy(@Incoming() { tx, params }: Call) {
    const { groupType } = await knownGroup(tx, params['groupId']);
    return (
      (await activePolicy(tx, groupType)) ?? refused('NoPolicyInForce', 'No profile is active for this group type.')
    );
  }

  @Command(':groupId/moderators', {
    scopes: ['admin'],
    summary: 'Appoints somebody to run the group',
    body: Appoint,
    answers: GroupRecorded,
  })
  async appoint(@Incoming() call: CallOf<typeof Appoint>) {
    const { tx, body, params } = call;
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const personId = idOf(body.personId);
    await this.mustKnow(tx, [personId]);
    const kind = body.kind ?? 'admin';
    const policy = await activePolicy(tx, groupType);
    const isStaff = (await staffAmong(this.kit, tx, [personId])).has(personId);
    const objection = policy && kindRefusal(policy, kind, isStaff);
    const rules = policy ? [ruleOf(policy, kind === 'staff' ? 'staff_moderators_min' : 'co_moderators')] : [];
    const data = { groupId, personId, kind, ...(objection === undefined ? {} : { objection }), rules };
    return this.change(call, groupId, { name: 'AppointModerator', data });
  }

  @Command(':groupId/moderators/:personId/stand-down', {
    scopes: ['admin'],
    summary: 'Somebody no longer runs the group',
    body: When,
    answers: GroupRecorded,
  })
  async standDown(@Incoming() call: CallOf<typeof When>) {
    const { groupId } = await knownGroup(call.tx, call.params['groupId']);
    const data = { groupId, personId: idOf(call.params['personId']) };
    return this.change(call, groupId, { name: 'StandDownModerator', data });
  }

  private async change(
    { tx, body, cause, expectedVersion }: CallOf<typeof When>,
    groupId: string,
    command: CommandOf<GroupCommands>,
  ) {
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, group, cause, [
      { id: groupId, command, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId });
  }

  private async mustKnow(tx: Transaction, personIds: readonly string[]): Promise<void> {
    const people = await this.kit.commands.states(tx, person, personIds);
    if (personIds.some((id) => people.get(id)!.version === 0)) throw notFound('person');
  }

  private async withTexts(tx: Transaction, rows: readonly GroupRow[]) {
    const ids = rows.map(({ groupId }) => groupId);
    const texts = await this.kit.vault.readMany(tx, ids, ['name', 'purpose']);
    return rows.map((row) => ({ ...row, ...texts.get(row.groupId)! }));
  }
}

/** The group of a path. Throws the problem for one the organisation does not have. */
export async function knownGroup(tx: Transaction, groupId: string | undefined): Promise<GroupRow> {
  const row = (await findGroups(tx, [idOf(groupId)])).get(idOf(groupId));
  if (!row) throw notFound('group');
  return row;
}

async function policyMissing(tx: Transaction, groupType: string) {
  const policies = await activePolicies(tx);
  if (policies.size === 0)
    return refused('NoProfileActive', 'No profile is active yet; activate one before registering groups.');
  if (policies.has(groupType)) return undefined;
  const uses = [...policies.keys()].toSorted().join(', ');
  return refused(
    'GroupTypeUnknown',
    `The profiles in force have no such group type, or not yet. A group is one of: ${uses}.`,
    closedUses(policies.values()),
  );
}
