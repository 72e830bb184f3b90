import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { adviceOn, disappearing, ruleOf } from '#domain';
import { DisappearingSetting } from '#events';
import type { Transaction } from '#eventsourcing';
import {
  activePolicy,
  type Call,
  type CallOf,
  closed,
  Command,
  idOf,
  Incoming,
  instant,
  OccurredAt,
  orNull,
  pastInstantIn,
  Read,
  recorded,
  Recorded,
  Resource,
  ServiceKit,
  uuid,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import { findSetting } from './disappearing.read-model.js';

const setting = Type.Enum(DisappearingSetting.enum, {
  description: 'After how long the app takes a message away; `off` where it does not',
});
const AttestSetting = Type.Object(
  { setting, attestedBy: Type.String({ format: 'uuid', description: 'Whose word it is' }), occurredAt: OccurredAt },
  closed,
);
const advice = orNull(Type.String({ description: 'What the policy makes of it, in one sentence' }));
const SettingRecorded = Type.Object({ groupId: uuid, advice, ...Recorded });
const SettingView = Type.Object({
  groupId: uuid,
  setting: orNull(setting),
  attestedBy: orNull(uuid),
  attestedAt: orNull(instant),
  policy: Type.Enum(['recommended', 'neutral', 'incompatible']),
  advice,
});

/** Whether the app takes a group's messages away by itself. */
@Resource('groups', 'Groups')
export class DisappearingController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':groupId/disappearing-messages', {
    scopes: ['admin', 'moderator'],
    summary: 'Somebody says how the group is set to take messages away (LD-36)',
    description: 'A setting of the app, by word. It is never evidence that a message is gone (BR-36).',
    body: AttestSetting,
    answers: SettingRecorded,
  })
  async attest(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof AttestSetting>) {
    const { groupId, stance, rules } = await policyOf(tx, params['groupId']);
    const data = { groupId, setting: body.setting, attestedBy: idOf(body.attestedBy), rules };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, disappearing, cause, [
      { id: groupId, command: { name: 'AttestSetting', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId, advice: adviceOn(stance, body.setting) ?? null });
  }

  @Read(':groupId/disappearing-messages', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'How the group is set to take messages away, and what its policy makes of that',
    answers: SettingView,
  })
  async show(@Incoming() { tx, params }: Call) {
    const { groupId, stance } = await policyOf(tx, params['groupId']);
    const said = (await findSetting(tx, groupId)) ?? { setting: null, attestedBy: null, attestedAt: null };
    return { groupId, ...said, policy: stance, advice: adviceOn(stance, said.setting) ?? null };
  }
}

async function policyOf(tx: Transaction, id: string | undefined) {
  const { groupId, groupType } = await knownGroup(tx, id);
  const policy = await activePolicy(tx, groupType);
  return {
    groupId,
    stance: policy?.parameters.disappearing_messages.value ?? ('neutral' as const),
    rules: policy ? [ruleOf(policy, 'disappearing_messages')] : [],
  };
}
