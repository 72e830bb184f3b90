import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { activePolicy, type CallOf, idOf, Incoming, notFound, Read, refused, Resource, ServiceKit } from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import { admission } from './admission.js';
import { readFacts } from '../participation/facts.js';
import { AddMember } from './members.dto.js';
import { findMember } from '../participation/participation.read-model.js';

const OpinionQuery = Type.Object({ route: AddMember.properties.route }, { additionalProperties: false });
const Opinion = Type.Object({
  isMember: Type.Boolean(),
  admitted: Type.Boolean({ description: 'Whether every gate is open to the person at this moment.' }),
  reasons: Type.Array(Type.Object({ code: Type.String(), because: Type.String() }), {
    description: 'Each gate that is shut, with one plain sentence.',
  }),
});

/** What would become of an admission, without recording that anybody asked. */
@Resource('groups', 'Members')
export class OpinionController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read(':groupId/members/:personId/admission', {
    scopes: ['admin', 'moderator'],
    summary: 'Whether a person could be let into the group now, and if not why',
    query: OpinionQuery,
    answers: Opinion,
  })
  async opinion(@Incoming() call: CallOf<never, typeof OpinionQuery>) {
    const { tx, query, params } = call;
    const { groupId, groupType, closedAt } = await knownGroup(tx, params['groupId']);
    if (closedAt) return refused('GroupClosed', 'The group is closed.');
    if (!(await activePolicy(tx, groupType)))
      return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const pair = { groupId, personId: idOf(params['personId']) };
    const facts = (await readFacts(this.kit, tx, [pair]))(pair);
    if (!facts?.isKnown) throw notFound('person');
    const { verdict } = (await admission(this.kit, call, facts, { route: query.route ?? 'admin_add' })).data;
    const reasons = verdict.admitted ? [] : verdict.reasons.map(({ code, because }) => ({ code, because }));
    return { isMember: (await findMember(tx, pair)) !== undefined, admitted: verdict.admitted, reasons };
  }
}
