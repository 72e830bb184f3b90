import { Inject } from '@nestjs/common';
import { ruleOf, type AdmissionVerdict, type CommandOf, type ParticipationCommands } from '#domain';
import type { Outcome } from '#eventsourcing';
import {
  activePolicy,
  afterId,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  invalid,
  listed,
  notFound,
  pageOf,
  pastInstantIn,
  Read,
  refusalProblem,
  refused,
  Resource,
  ServiceKit,
} from '#nest';
import { findActivity } from '../activities/activities.read-model.js';
import { knownGroup } from '../groups/groups.controller.js';
import { Happened, ParticipationRecorded } from '../participation/participation.dto.js';
import { admission, warningsFor } from './admission.js';
import { conductOrder } from '../removals/conduct.js';
import { readFacts } from '../participation/facts.js';
import {
  AddMember,
  ConfirmRemoval,
  ExtendGuest,
  MemberAdded,
  MembersQuery,
  MemberView,
  RemoveForConduct,
} from './members.dto.js';
import { participationId } from '../participation/participation-id.js';
import { changeParticipation, participationAnswer } from '../participation/change.js';
import { findMember, listMembers, type Pair } from '../participation/participation.read-model.js';

type Asking = Pick<Call, 'tx' | 'cause' | 'expectedVersion'>;

/** Who is in a group: letting people in, and recording that they are out. */
@Resource('groups', 'Members')
export class MembersController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':groupId/members', {
    scopes: ['admin', 'moderator'],
    summary: 'Lets a person into the group, if every gate of its policy is open',
    description:
      'A refusal names the first gate that is shut as its code and all of them in `reasons`; it is recorded too.',
    body: AddMember,
    answers: MemberAdded,
  })
  async add(@Incoming() call: CallOf<typeof AddMember>) {
    const { tx, body, params } = call;
    const { groupId, groupType, closedAt } = await knownGroup(tx, params['groupId']);
    if (closedAt) return refused('GroupClosed', 'The group is closed.');
    if (!(await activePolicy(tx, groupType)))
      return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const pair = { groupId, personId: idOf(body.personId) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const facts = (await readFacts(this.kit, tx, [pair]))(pair);
    if (!facts?.isKnown) throw notFound('person');
    if (body.guest && body.joinedFor)
      throw invalid([
        { field: 'body/joinedFor', rule: 'must not be given for a guest, whose time has an end of its own' },
      ]);
    const { route = 'admin_add', guest, joinedFor } = body;
    const wish = { route, ...(guest ? { guest } : {}), ...(joinedFor ? { joinedFor } : {}) };
    const command = await admission(this.kit, call, facts, wish);
    const outcome = await changeParticipation(this.kit, call, { ...pair, command, occurredAt });
    const refusal = refusedBy(command.data.verdict, outcome);
    return refusal ?? participationAnswer(pair, outcome, { warnings: await warningsFor(this.kit, tx, facts) });
  }

  @Command(':groupId/members/:personId/remove-for-conduct', {
    scopes: ['admin', 'moderator'],
    summary: 'The person has to go for their conduct: until a date, or for good',
    description:
      'Whether they may come back is the policy’s matter. Where it takes a moderator of the staff, `agreedBy` names one.',
    body: RemoveForConduct,
    answers: ParticipationRecorded,
  })
  async removeForConduct(@Incoming() call: CallOf<typeof RemoveForConduct>) {
    const { tx, body, cause } = call;
    const { pair } = await this.place(call);
    const facts = (await readFacts(this.kit, tx, [pair]))(pair);
    if (!facts?.isKnown) throw notFound('person');
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const until = body.until === undefined ? undefined : instantIn('body/until', body.until);
    const agreedBy = body.agreedBy ?? cause.actor.onBehalfOf;
    const data = await conductOrder(this.kit, tx, facts, {
      occurredAt,
      ...(until === undefined ? {} : { until }),
      ...(agreedBy === undefined ? {} : { agreedBy: idOf(agreedBy) }),
    });
    return this.change(call, pair, { name: 'RemoveForConduct', data }, occurredAt);
  }

  @Read(':groupId/members', {
    scopes: ['admin', 'moderator'],
    summary: 'Who is in the group now, as far as anybody has said or seen',
    query: MembersQuery,
    answers: pageOf(MemberView),
  })
  async list(@Incoming() { tx, query, params }: CallOf<never, typeof MembersQuery>) {
    const { groupId } = await knownGroup(tx, params['groupId']);
    const { items, next } = await listed(query, afterId, (part) => listMembers(tx, groupId, part), ['personId']);
    return { items: items.map((row) => ({ participationId: participationId(groupId, row.personId), ...row })), next };
  }

  @Command(':groupId/members/:personId/request-removal', {
    scopes: ['member', 'admin', 'moderator'],
    summary: 'The person asks to be taken out; always accepted',
    body: Happened,
    answers: ParticipationRecorded,
  })
  async requestRemoval(@Incoming() call: CallOf<typeof Happened>) {
    const { pair, policy } = await this.place(call);
    const rules = policy ? [ruleOf(policy, 'removal_sla')] : [];
    const occurredAt = pastInstantIn('body/occurredAt', call.body.occurredAt, call.tx.now);
    return this.change(call, pair, { name: 'RequestRemoval', data: { ...pair, rules } }, occurredAt);
  }

  @Command(':groupId/members/:personId/left', {
    scopes: ['member', 'admin', 'moderator'],
    summary: 'The person has left without being removed',
    body: Happened,
    answers: ParticipationRecorded,
  })
  async left(@Incoming() call: CallOf<typeof Happened>) {
    const { pair } = await this.place(call);
    return this.change(call, pair, { name: 'RecordSelfLeave', data: pair }, await outSince(call, pair));
  }

  @Command(':groupId/members/:personId/confirm-removal', {
    scopes: ['admin', 'moderator'],
    summary: 'Somebody says that the person is out',
    description: 'Ends the open order, if there is one. A later roster that still shows the person contradicts it.',
    body: ConfirmRemoval,
    answers: ParticipationRecorded,
  })
  async confirm(@Incoming() call: CallOf<typeof ConfirmRemoval>) {
    const { pair } = await this.place(call);
    return this.change(call, pair, { name: 'ConfirmRemoval', data: pair }, await outSince(call, pair));
  }

  @Command(':groupId/members/:personId/extend-guest', {
    scopes: ['admin', 'moderator'],
    summary: 'Prolongs a guest’s time before it ends',
    body: ExtendGuest,
    answers: ParticipationRecorded,
  })
  async extendGuest(@Incoming() call: CallOf<typeof ExtendGuest>) {
    const { tx, body } = call;
    const { pair, policy } = await this.place(call);
    const until = instantIn('body/until', body.until);
    const rules = policy ? [ruleOf(policy, 'guest_access')] : [];
    const activityId = (await findMember(tx, pair))?.activityId;
    const ends = activityId ? (await findActivity(tx, activityId))?.endsAt : undefined;
    if (ends && until > ends)
      return refused('GuestEndAfterActivity', 'A guest’s time ends with the activity at the latest.', rules);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    return this.change(call, pair, { name: 'ExtendGuest', data: { ...pair, until, rules } }, occurredAt);
  }

  private async place({ tx, params }: Pick<Call, 'tx' | 'params'>) {
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    return { pair: { groupId, personId: idOf(params['personId']) }, policy: await activePolicy(tx, groupType) };
  }

  private async change(call: Asking, pair: Pair, command: CommandOf<ParticipationCommands>, occurredAt: string) {
    return participationAnswer(pair, await changeParticipation(this.kit, call, { ...pair, command, occurredAt }));
  }
}

/** When somebody was out by the caller's account: not in the future, and not before they came in. */
async function outSince({ tx, body }: CallOf<typeof Happened>, pair: Pair): Promise<string> {
  const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
  const member = await findMember(tx, pair);
  if (member && occurredAt < member.since)
    throw invalid([{ field: 'body/occurredAt', rule: 'must not be before the person came in' }]);
  return occurredAt;
}

/** A refused admission, told by its first gate; undefined when no gate refused. */
function refusedBy(verdict: AdmissionVerdict, { refusal }: Outcome): Answer | undefined {
  if (verdict.admitted || !refusal) return undefined;
  const { reasons } = verdict;
  return new Answer(409, { ...refusalProblem({ ...refusal, refused: reasons[0]!.code }), reasons });
}
