import { Inject } from '@nestjs/common';
import { closure, group, lackingIn, ruleOf, type ClosureCommands, type CommandOf } from '#domain';
import {
  activePolicy,
  afterInstant,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  listed,
  pastInstantIn,
  Read,
  recorded,
  refused,
  Resource,
  ServiceKit,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import {
  AttestStep,
  CloseGroup,
  ClosingView,
  DormantPage,
  DormantQuery,
  GroupClosedView,
  GroupRecorded,
  InUse,
} from './closure.dto.js';
import { findClosing, listDormant } from './closure.read-model.js';
import { assessUse } from './use.js';

/** How a group comes to its end. */
@Resource('groups', 'Groups')
export class ClosureController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read(':groupId/closing', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'What is done and what is missing before a group closes, and whether anybody uses it (LD-35)',
    answers: ClosingView,
  })
  async show(@Incoming() { tx, params }: Call) {
    const { groupId, closedAt } = await knownGroup(tx, params['groupId']);
    const { isDormant, missing, ...closing } = await findClosing(tx, groupId);
    const state = closedAt ? 'closed' : isDormant ? 'dormant' : 'in_use';
    const done = closing.steps.map(({ step }) => step);
    return { ...closing, state, closedAt, missing: missing ?? lackingIn(done, closing.openOrders) };
  }

  @Command(':groupId/in-use', {
    scopes: ['admin', 'moderator'],
    summary: 'Somebody says that the group is still used',
    body: InUse,
    answers: GroupRecorded,
  })
  async inUse(@Incoming() { tx, params, body, cause }: CallOf<typeof InUse>) {
    const { groupId, groupType, closedAt } = await knownGroup(tx, params['groupId']);
    if (closedAt) return refused('GroupClosed', 'The group is closed.');
    const lastUsedAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await assessUse(this.kit, tx, cause, lastUsedAt, [{ groupId, groupType, lastUsedAt }]);
    if (!outcome)
      return refused('NoIdleTime', 'The policy of this group sets no time after which it counts as dormant.');
    return recorded(outcome, { groupId });
  }

  @Command(':groupId/closing/steps', {
    scopes: ['admin', 'moderator'],
    summary: 'Somebody says that a step of the closing is done',
    description: 'Under a hold on the group its chat may be archived and not deleted (BR-61).',
    body: AttestStep,
    answers: GroupRecorded,
  })
  async attest(@Incoming() call: CallOf<typeof AttestStep>) {
    const { tx, params, body } = call;
    const { groupId } = await knownGroup(tx, params['groupId']);
    const { holdIds } = await findClosing(tx, groupId);
    const data = {
      groupId,
      step: body.step,
      attestedBy: idOf(body.attestedBy),
      isHeld: holdIds.length > 0,
      rules: await this.rules(call),
    };
    return recorded(await this.tell(call, groupId, { name: 'AttestStep', data }), { groupId });
  }

  @Command(':groupId/close', {
    scopes: ['admin'],
    summary:
      'The group is no longer used; open removal orders fall away, and what is kept from its end on has its time',
    description: 'What the closing lacks is recorded with it, or refuses it where `mustBeComplete` says so (LD-35).',
    body: CloseGroup,
    answers: GroupClosedView,
  })
  async close(@Incoming() call: CallOf<typeof CloseGroup>) {
    const { tx, params, body, cause, expectedVersion } = call;
    const { groupId } = await knownGroup(tx, params['groupId']);
    const { openOrders } = await findClosing(tx, groupId);
    const data = { groupId, openOrders, mustBeComplete: body.mustBeComplete ?? false, rules: await this.rules(call) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const checked = await this.tell(call, groupId, { name: 'CheckClosing', data });
    if (checked.refusal) return recorded(checked, { groupId });
    const [outcome] = await this.kit.commands.execute(tx, group, cause, [
      { id: groupId, command: { name: 'Close', data: { groupId } }, occurredAt, expectedVersion },
    ]);
    const { missing } = await findClosing(tx, groupId);
    return recorded(outcome!, { groupId, missing: missing ?? [] });
  }

  private async tell({ tx, body, cause }: CallOf<typeof InUse>, groupId: string, command: CommandOf<ClosureCommands>) {
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, closure, cause, [{ id: groupId, command, occurredAt }]);
    return outcome!;
  }

  private async rules({ tx, params }: Pick<Call, 'tx' | 'params'>) {
    const { groupType } = await knownGroup(tx, params['groupId']);
    const policy = await activePolicy(tx, groupType);
    return policy ? [ruleOf(policy, 'idle_close_after')] : [];
  }
}

/** Groups that have lost their use. */
@Resource('dormant-groups', 'Groups')
export class DormantGroupsController {
  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary:
      'Groups that nobody uses any more, or whose purpose is over, and nobody has closed; by the time since when (LD-35)',
    query: DormantQuery,
    answers: DormantPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof DormantQuery>) {
    return listed(query, afterInstant, (part) => listDormant(tx, part), ['since', 'groupId']);
  }
}
