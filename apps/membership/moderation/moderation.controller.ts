import { Inject } from '@nestjs/common';
import { group, ruleOf, textLacks } from '#domain';
import {
  activePolicy,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  pastInstantIn,
  Read,
  recorded,
  refused,
  Resource,
  ServiceKit,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import { GroupRecorded, MeetPrerequisite, ModerationView, When } from '../groups/groups.dto.js';
import { hasTexts } from '../groups/groups.read-model.js';
import { moderationOf } from './moderation.js';
import { askAgain, meeting } from './readiness.js';

/** Whether those who run a group are those its policy asks for, and ready for it. */
@Resource('groups', 'Moderation')
export class ModerationController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':groupId/moderators/:personId/prerequisites', {
    scopes: ['admin', 'moderator'],
    summary: 'Something the policy asks of a moderator is on record; with the last of it the role counts',
    body: MeetPrerequisite,
    answers: GroupRecorded,
  })
  async meet(@Incoming() { tx, body, params, cause, expectedVersion }: CallOf<typeof MeetPrerequisite>) {
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const personId = idOf(params['personId']);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const wish = { prerequisite: body.kind, occurredAt };
    const request = await meeting(this.kit, tx, policy, { groupId, personId }, wish);
    const [outcome] = await this.kit.commands.execute(tx, group, cause, [{ ...request, expectedVersion }]);
    return recorded(outcome!, { groupId });
  }

  @Command(':groupId/moderators/:personId/reaffirm', {
    scopes: ['admin', 'moderator'],
    summary: 'The moderator was asked, and can and will go on',
    body: When,
    answers: GroupRecorded,
  })
  async reaffirm(@Incoming() { tx, body, params, cause, expectedVersion }: CallOf<typeof When>) {
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const rules = [ruleOf(policy, 'moderator_reaffirm_every')];
    const again = await askAgain(tx, policy, occurredAt);
    const data = { groupId, personId: idOf(params['personId']), rules, ...again };
    const request = { id: groupId, command: { name: 'Reaffirm' as const, data }, occurredAt, expectedVersion };
    const [outcome] = await this.kit.commands.execute(tx, group, cause, [request]);
    return recorded(outcome!, { groupId });
  }

  @Read(':groupId/moderation', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who runs the group, whose role counts, and what it lacks',
    answers: ModerationView,
  })
  async show(@Incoming() { tx, params }: Call) {
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const { moderators, lacks, warnings } = await moderationOf(this.kit, tx, groupId, policy);
    const missing = textLacks(policy, await hasTexts(tx, groupId));
    return { groupId, isCovered: lacks.length === 0, lacks: [...lacks, ...missing], warnings, moderators };
  }
}
