import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { expectationsOf, groupStanding, ruleOf, standingRefusal } from '#domain';
import { GroupStanding } from '#events';
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
  refused,
  Resource,
  ServiceKit,
  uuid,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import { rolesIn } from '../groups/groups.read-model.js';
import { staffAmong } from '../moderation/moderation.js';
import { findStandings } from './standing.read-model.js';

const standing = Type.Enum(GroupStanding.enum, {
  description: '`official`: the organisation’s own; `unofficial`: beside it; `social`: for company',
});
const Decide = Type.Object(
  { standing, decidedBy: Type.String({ format: 'uuid', description: 'Who decided' }), occurredAt: OccurredAt },
  closed,
);
const Decided = Type.Object({ groupId: uuid, standing, ...Recorded });
const Standing = Type.Object({
  groupId: uuid,
  standing,
  because: Type.Enum(['registered', 'type', 'no_staff', 'decided'], {
    description: '`type`: groups of its type are never official; `no_staff`: nobody on the staff runs it',
  }),
  decidedBy: orNull(uuid),
  since: instant,
  expects: Type.Array(
    Type.Object({ parameter: Type.String(), expected: Type.String(), obligations: Type.Array(Type.String()) }),
    { description: 'What is expected of the group, in plain sentences, each with the parameter that asks for it' },
  ),
});

/** What a group is to the organisation, and what is expected of it. */
@Resource('groups', 'Groups')
export class StandingController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':groupId/standing', {
    scopes: ['admin'],
    summary: 'Decides what a group counts as: official, unofficial or social',
    description:
      'Refused where the policy does not have it so: a type that is never official, or one that needs staff and has none (AMZ-079). Its name is held against the new standing from then on.',
    body: Decide,
    answers: Decided,
  })
  async decide(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof Decide>) {
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const [row] = await findStandings(tx, [groupId]);
    const runBy = (await rolesIn(tx, groupId)).map(({ personId }) => personId);
    const refusal = standingRefusal(body.standing, {
      hasStaff: (await staffAmong(this.kit, tx, runBy)).size > 0,
      policy,
    });
    const data = {
      groupId,
      standing: body.standing,
      decidedBy: idOf(body.decidedBy),
      before: row!.standing,
      ...(refusal ? { refusal } : {}),
      rules: [ruleOf(policy, 'name_rule')],
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, groupStanding, cause, [
      { id: groupId, command: { name: 'Decide', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId, standing: (await findStandings(tx, [groupId]))[0]!.standing });
  }

  @Read(':groupId/standing', {
    scopes: ['admin', 'moderator', 'auditor', 'member'],
    summary: 'What a group counts as, why, and what is expected of it (AMZ-002)',
    answers: Standing,
  })
  async show(@Incoming() { tx, params }: Call) {
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const [row] = await findStandings(tx, [groupId]);
    const policy = await activePolicy(tx, groupType);
    return { ...row!, expects: policy ? expectationsOf(policy, row!.standing) : [] };
  }
}
