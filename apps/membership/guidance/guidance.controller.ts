import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { assessment, person, usageTopics, usageVerdict, type ResolvedPolicy, type UsageAsked } from '#domain';
import type { Transaction } from '#eventsourcing';
import {
  activePolicy,
  afterId,
  type CallOf,
  Command,
  HttpProblem,
  idOf,
  Incoming,
  instantIn,
  invalid,
  listed,
  notFound,
  problem,
  Read,
  recorded,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import {
  Assess,
  Assessed,
  AssessmentPage,
  AssessmentsQuery,
  Guidance,
  GuidanceQuery,
  Topics,
  TopicsQuery,
} from './guidance.dto.js';
import { listAssessments } from './guidance.read-model.js';

/** Answers "may I post this, and to whom?" by the policy of the group, and keeps the judgement of whoever wants it kept (BR-08, BR-22). */
@Resource('guidance', 'Guidance')
export class GuidanceController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Whether something may be posted, to whom, and what goes with it; nothing is recorded',
    query: GuidanceQuery,
    answers: Guidance,
  })
  async ask(@Incoming() { tx, query }: CallOf<never, typeof GuidanceQuery>) {
    const policy = await policyOf(tx, query.groupId);
    return usageVerdict(policy, await askedOf(tx, query, 'query/at'));
  }

  @Read('topics', {
    scopes: ['admin', 'moderator', 'member'],
    summary:
      'The words to ask with: the topics of the policy, settled kinds of information, and the questions to ask oneself',
    query: TopicsQuery,
    answers: Topics,
  })
  async topics(@Incoming() { tx, query }: CallOf<never, typeof TopicsQuery>) {
    return usageTopics(await policyOf(tx, query.groupId));
  }

  @Command('assessments', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Asks the same and keeps the judgement: who, when, what, and why it is not sensitive',
    description:
      'The message itself is asked for nowhere. Why something is not sensitive is kept as personal data of whoever judges.',
    body: Assess,
    answers: Assessed,
  })
  async assess(@Incoming() { tx, body, cause }: CallOf<typeof Assess>) {
    const policy = await policyOf(tx, body.groupId);
    const { topics, kinds } = usageTopics(policy);
    const { topic, why, formReference, selfCheck = {} } = body;
    if (topic !== undefined && ![...topics, ...kinds].some((known) => known.topic === topic))
      throw invalid([{ field: 'body/topic', rule: 'is not a word that /v1/guidance/topics lists' }]);
    if (body.sensitivity === 'non_sensitive' && why === undefined)
      throw invalid([{ field: 'body/why', rule: 'says why it is not sensitive' }]);
    const personId = idOf(body.personId);
    if ((await this.kit.commands.states(tx, person, [personId])).get(personId)!.version === 0) throw notFound('person');
    const answer = usageVerdict(policy, {
      ...(await askedOf(tx, body, 'body/at')),
      ...(formReference ? { formReference } : {}),
      isEmergencyWithoutSignal: body.isEmergencyWithoutSignal ?? false,
      selfCheck,
    });
    const assessmentId = idOf(body.assessmentId ?? v7());
    const { rules, verdict, sensitivity } = answer;
    const data = {
      assessmentId,
      groupId: idOf(body.groupId),
      personId,
      audience: body.audience,
      ...(topic ? { topic } : {}),
      sensitivity,
      verdict,
      ...(formReference ? { formReference } : {}),
      answered: Object.keys(selfCheck),
      rules,
    };
    const [outcome] = await this.kit.commands.execute(tx, assessment, cause, [
      { id: assessmentId, command: { name: 'Assess', data } },
    ]);
    if (why && outcome!.events.length > 0) await this.kit.vault.write(tx, personId, { [fieldOf(assessmentId)]: why });
    return recorded(outcome!, { assessmentId, ...answer });
  }

  @Read('assessments', {
    scopes: ['admin', 'auditor'],
    summary: 'Who judged what before posting',
    query: AssessmentsQuery,
    answers: AssessmentPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof AssessmentsQuery>) {
    const { items, next } = await listed(query, afterId, (part) => listAssessments(tx, part), ['assessmentId']);
    const words = await this.kit.vault.readMany(
      tx,
      items.map((row) => row.personId),
      items.map((row) => fieldOf(row.assessmentId)),
    );
    return { items: items.map((row) => ({ ...row, why: words.get(row.personId)![fieldOf(row.assessmentId)] })), next };
  }
}

const fieldOf = (assessmentId: string) => `assessment:${assessmentId}`;

async function policyOf(tx: Transaction, groupId: string): Promise<ResolvedPolicy> {
  const { groupType } = await knownGroup(tx, groupId);
  const policy = await activePolicy(tx, groupType);
  if (!policy)
    throw new HttpProblem(problem(409, 'NoPolicyInForce', 'No profile is active for the type of this group.'));
  return policy;
}

type Question = Pick<UsageAsked, 'audience'> & Partial<Pick<UsageAsked, 'topic' | 'sensitivity' | 'at'>>;

async function askedOf(
  tx: Transaction,
  { audience, topic, sensitivity, at }: Question,
  field: string,
): Promise<UsageAsked> {
  return {
    audience,
    ...(topic ? { topic } : {}),
    ...(sensitivity ? { sensitivity } : {}),
    at: at === undefined ? tx.now : instantIn(field, at),
    timeZone: await timeZone(tx),
  };
}
