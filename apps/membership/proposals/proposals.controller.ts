import { Inject } from '@nestjs/common';
import { person, ruleOf, type CommandOf, type ParticipationCommands } from '#domain';
import {
  activePolicy,
  afterId,
  type CallOf,
  Command,
  idOf,
  Incoming,
  invalid,
  listed,
  notFound,
  pageOf,
  pastInstantIn,
  Read,
  refused,
  Resource,
  ServiceKit,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import { Happened, ParticipationRecorded } from '../participation/participation.dto.js';
import { ProposalsQuery, ProposalView, Propose } from './proposals.dto.js';
import { changeParticipation, participationAnswer } from '../participation/change.js';
import { findMember, type Pair } from '../participation/participation.read-model.js';
import { listProposals } from './proposals.read-model.js';

/** Whom people in a group would like to have in it; whoever may add decides (AMZ-115, AMZ-116). */
@Resource('groups', 'Proposals')
export class ProposalsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':groupId/proposals', {
    scopes: ['member', 'admin', 'moderator'],
    summary: 'Somebody in the group suggests a person',
    description: 'Nobody is let in by it. Adding the person settles the proposal.',
    body: Propose,
    answers: ParticipationRecorded,
  })
  async propose(@Incoming() call: CallOf<typeof Propose>) {
    const { tx, body, params, cause } = call;
    const { groupId, groupType, closedAt } = await knownGroup(tx, params['groupId']);
    if (closedAt) return refused('GroupClosed', 'The group is closed.');
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const proposer = body.proposedBy ?? cause.actor.onBehalfOf;
    if (proposer === undefined) throw invalid([{ field: 'body/proposedBy', rule: 'must say who suggests the person' }]);
    const [personId, proposedBy] = [idOf(body.personId), idOf(proposer)];
    const known = await this.kit.commands.states(tx, person, [personId]);
    if (known.get(personId)!.version === 0) throw notFound('person');
    const byMember = (await findMember(tx, { groupId, personId: proposedBy })) !== undefined;
    const isOpen = policy.parameters.add_authority.value.open_proposals;
    const rules = [ruleOf(policy, 'add_authority')];
    const data = { groupId, personId, proposedBy, isOpen, byMember, rules };
    return this.change(call, { groupId, personId }, { name: 'Propose', data });
  }

  @Read(':groupId/proposals', {
    scopes: ['admin', 'moderator'],
    summary: 'Who has been suggested for the group, by whom, and what came of it',
    query: ProposalsQuery,
    answers: pageOf(ProposalView),
  })
  async list(@Incoming() { tx, query, params }: CallOf<never, typeof ProposalsQuery>) {
    const { groupId } = await knownGroup(tx, params['groupId']);
    return listed(query, afterId, (part) => listProposals(tx, groupId, part), ['personId']);
  }

  @Command(':groupId/proposals/:personId/decline', {
    scopes: ['admin', 'moderator'],
    summary: 'The suggested person will not be added',
    body: Happened,
    answers: ParticipationRecorded,
  })
  async decline(@Incoming() call: CallOf<typeof Happened>) {
    const { groupId } = await knownGroup(call.tx, call.params['groupId']);
    const pair = { groupId, personId: idOf(call.params['personId']) };
    return this.change(call, pair, { name: 'DeclineProposal', data: pair });
  }

  private async change(call: CallOf<typeof Happened>, pair: Pair, command: CommandOf<ParticipationCommands>) {
    const occurredAt = pastInstantIn('body/occurredAt', call.body.occurredAt, call.tx.now);
    return participationAnswer(pair, await changeParticipation(this.kit, call, { ...pair, command, occurredAt }));
  }
}
