import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { agreement, briefing, ruleOf } from '#domain';
import {
  afterKey,
  type CallOf,
  Command,
  Incoming,
  listed,
  pastInstantIn,
  Read,
  recorded,
  refused,
  requireGroup,
  requirePolicy,
  Resource,
  ServiceKit,
  timeZone,
  uuid,
} from '#nest';
import {
  Accept,
  AcceptancePage,
  AcceptancesQuery,
  AgreementPage,
  AgreementsQuery,
  Circulate,
  Circulated,
  WelcomeRecorded,
} from './agreements.dto.js';
import { agreementVersion, listAcceptances, listAgreements } from './agreements.read-model.js';
import { briefingId } from './briefing-stream.js';

const group = afterKey(Type.Tuple([uuid]));
const acceptance = afterKey(Type.Tuple([uuid, Type.String({ pattern: '^[0-9a-f]{16}$' })]));

/** The agreement of a group on its way round, and who accepted which version of it. */
@Resource('agreements', 'Agreements')
export class AgreementsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('circulate', {
    scopes: ['admin', 'moderator'],
    summary: 'Records that the agreement went to everybody in the group',
    description:
      'With `email` it is mailed to each member from here, unless `sentElsewhere`. It is due again after the time the policy sets (AMZ-031). The version is the one that holds unless said.',
    body: Circulate,
    answers: Circulated,
  })
  async circulate(@Incoming() call: CallOf<typeof Circulate>) {
    const { tx, body, cause, expectedVersion } = call;
    const groupId = body.groupId.toLowerCase();
    const policy = await requirePolicy(tx, groupId);
    const version = body.textVersion ?? (await agreementVersion(tx, groupId)) ?? '';
    const every = policy.parameters.agreement_recirculate_every.value;
    const rules = [ruleOf(policy, 'agreement_recirculate_every')];
    const mailed = body.channel === 'email' && body.sentElsewhere !== true ? { mailed: true } : {};
    const data = { groupId, version, channel: body.channel, ...mailed, every, timeZone: await timeZone(tx), rules };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, agreement, cause, [
      { id: groupId, command: { name: 'Circulate', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId, textVersion: version });
  }

  @Command('accept', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records that a person accepts the agreement',
    description:
      'Joining counts as accepting and is recorded by itself (AMZ-109). Only the version that holds can be accepted.',
    body: Accept,
    answers: WelcomeRecorded,
  })
  async accept(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof Accept>) {
    const [groupId, personId] = [body.groupId.toLowerCase(), body.personId.toLowerCase()];
    const policy = await requirePolicy(tx, groupId);
    const rules = [ruleOf(policy, 'agreement_topics')];
    const version = await agreementVersion(tx, groupId);
    if (version === undefined) return refused('NoAgreement', 'The group has published no agreement yet.', rules);
    if (body.textVersion !== undefined && body.textVersion !== version)
      return refused('AgreementOutdated', 'This is not the version of the agreement that holds.', rules);
    const data = { groupId, personId, version, how: 'said' as const, rules };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, briefing, cause, [
      { id: briefingId(groupId, personId), command: { name: 'Accept', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId, personId });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Which agreement holds in each group, and which have to go round again',
    query: AgreementsQuery,
    answers: AgreementPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof AgreementsQuery>) {
    const after = (cursor: string | undefined) => group(cursor)?.[0];
    return listed(query, after, (part) => listAgreements(tx, part), ['groupId']);
  }

  @Read('acceptances', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who accepted which version of a group’s agreement, when and how',
    query: AcceptancesQuery,
    answers: AcceptancePage,
  })
  async acceptances(@Incoming() { tx, query }: CallOf<never, typeof AcceptancesQuery>) {
    await requireGroup(tx, query.groupId);
    return listed(query, acceptance, (part) => listAcceptances(tx, part), ['personId', 'textVersion']);
  }
}
