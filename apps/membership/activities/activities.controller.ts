import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { activity, ruleOf, type ActivityCommands, type CommandOf } from '#domain';
import type { Rule } from '#events';
import type { Transaction } from '#eventsourcing';
import {
  activePolicies,
  type Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { groupTypesOfActivity } from '../groups/groups.read-model.js';
import { ActivityRecorded, ActivityView, EndActivity, ExtendActivity, StartActivity } from './activities.dto.js';
import { findActivity, type ActivityRow } from './activities.read-model.js';

/** Campaigns, projects and roles: while they last, guests may be in the groups that serve them (LD-04, LD-05). */
@Resource('activities', 'Activities')
export class ActivitiesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', { scopes: ['admin'], summary: 'Starts an activity', body: StartActivity, answers: ActivityRecorded })
  async start(@Incoming() call: CallOf<typeof StartActivity>) {
    const { tx, body } = call;
    const activityId = idOf(body.activityId ?? v7());
    const { name, kind, endsAt } = body;
    const startsAt = instantIn('body/startsAt', body.startsAt);
    const data = { activityId, kind, startsAt, ...(endsAt ? { endsAt: instantIn('body/endsAt', endsAt) } : {}) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const { answer, isNew } = await this.change(call, activityId, { name: 'Start', data }, occurredAt);
    // A repeated start changes nothing, so its name must not either.
    if (isNew) await this.kit.vault.write(tx, activityId, { name });
    return answer;
  }

  @Read(':activityId', { scopes: ['admin', 'moderator'], summary: 'One activity', answers: ActivityView })
  async one(@Incoming() { tx, params }: Call) {
    const row = await knownActivity(tx, params['activityId']);
    return { ...row, ...(await this.kit.vault.read(tx, row.activityId, ['name'])) };
  }

  @Command(':activityId/extend', {
    scopes: ['admin'],
    summary: 'Prolongs an activity, and the time of its guests; refused once it is over',
    body: ExtendActivity,
    answers: ActivityRecorded,
  })
  async extend(@Incoming() call: CallOf<typeof ExtendActivity>) {
    const { tx, body, params } = call;
    const { activityId } = await knownActivity(tx, params['activityId']);
    const endsAt = instantIn('body/endsAt', body.endsAt);
    const data = { activityId, endsAt, rules: await guestRules(tx, activityId) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    return (await this.change(call, activityId, { name: 'Extend', data }, occurredAt)).answer;
  }

  @Command(':activityId/end', {
    scopes: ['admin'],
    summary: 'Says that an activity has ended; its guests have to go',
    body: EndActivity,
    answers: ActivityRecorded,
  })
  async end(@Incoming() call: CallOf<typeof EndActivity>) {
    const { tx, body, params } = call;
    const { activityId } = await knownActivity(tx, params['activityId']);
    const endedAt = pastInstantIn('body/endedAt', body.endedAt, tx.now);
    return (await this.change(call, activityId, { name: 'End', data: { activityId, endedAt } }, endedAt)).answer;
  }

  private async change(
    { tx, cause, expectedVersion }: Pick<Call, 'tx' | 'cause' | 'expectedVersion'>,
    activityId: string,
    command: CommandOf<ActivityCommands>,
    occurredAt: string,
  ): Promise<{ answer: Answer; isNew: boolean }> {
    const [outcome] = await this.kit.commands.execute(tx, activity, cause, [
      { id: activityId, command, occurredAt, ...(expectedVersion === undefined ? {} : { expectedVersion }) },
    ]);
    return { answer: recorded(outcome!, { activityId }), isNew: outcome!.events.length > 0 };
  }
}

async function knownActivity(tx: Transaction, activityId: string | undefined): Promise<ActivityRow> {
  const row = await findActivity(tx, idOf(activityId));
  if (!row) throw notFound('activity');
  return row;
}

/** The rules on guests of the groups that have to do with the activity: they say whether and why it may be prolonged. */
async function guestRules(tx: Transaction, activityId: string): Promise<Rule[]> {
  const [types, policies] = [await groupTypesOfActivity(tx, activityId), await activePolicies(tx)];
  const rules = types.flatMap((type) => policies.get(type) ?? []).map((policy) => ruleOf(policy, 'guest_access'));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
