import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { conversation, conversationTerms, ruleOf, verifiableChannels } from '#domain';
import {
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  listed,
  NEIGHBOURS,
  type Neighbours,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  refused,
  requirePolicy,
  Resource,
  ServiceKit,
} from '#nest';
import { checkAge } from './age.js';
import {
  Close,
  ConversationChanged,
  ConversationPage,
  ConversationsQuery,
  ConversationView,
  Justify,
} from './conversations.dto.js';
import { listConversations } from './conversations.read-model.js';

/** Writing with somebody as a last resort: who does, with whom, and why. */
@Resource('conversations', 'Records')
export class ConversationsController {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(NEIGHBOURS) private readonly neighbours: Neighbours,
  ) {}

  @Command('', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Asks to use the app with somebody who can be reached in no other way',
    description:
      'Where the policy asks for it, other ways have to have failed (CN-12), and it has to be said why it cannot wait (CN-03, BR-05). Nobody below the minimum age is written to: by the date of birth on record, else by the worker’s word (CN-16). A refusal is kept as evidence. Where citizens may be written to for nothing else, it serves to arrange contact alone (CN-13).',
    body: Justify,
    answers: ConversationChanged,
  })
  async justify(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof Justify>) {
    const conversationId = idOf(body.conversationId ?? v7());
    const groupId = idOf(body.groupId);
    const policy = await requirePolicy(tx, groupId);
    const terms = conversationTerms(policy);
    if (!terms) {
      const rules = [ruleOf(policy, 'use_justification')];
      return refused('NoJustificationNeeded', 'The policy of this group asks for no reason to use the app.', rules);
    }
    const attempts = (body.attempts ?? []).map(({ channel, at }, index) => ({
      channel,
      at: pastInstantIn(`body/attempts/${index}/at`, at, tx.now),
    }));
    const about = { conversationId, groupId, personId: idOf(body.personId), workerId: idOf(body.workerId) };
    const wish = { ...about, tenantId: tx.tenantId!, isOldEnough: body.isOldEnough };
    const age = terms.minimumAge ? await checkAge(this.neighbours, wish) : 'unknown';
    const data = { ...about, attempts, isUrgent: (body.reason ?? '').trim() !== '', age, terms };
    const [outcome] = await this.kit.commands.execute(tx, conversation, cause, [
      { id: conversationId, command: { name: 'JustifyConversation', data }, expectedVersion },
    ]);
    const isJustified = outcome!.events.some(({ name }) => name === 'ConversationJustified');
    if (isJustified) await this.kit.vault.write(tx, conversationId, { reason: body.reason! });
    return recorded(outcome!, { conversationId });
  }

  @Command(':conversationId/close', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Contact goes on in a way that can be verified, which ends the conversation (CN-13)',
    body: Close,
    answers: ConversationChanged,
  })
  async close(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof Close>) {
    const { conversationId, groupId } = await this.known({ tx, params });
    const terms = verifiableChannels(await requirePolicy(tx, groupId));
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const data = { conversationId, channel: body.channel, ...terms };
    const [outcome] = await this.kit.commands.execute(tx, conversation, cause, [
      { id: conversationId, command: { name: 'CloseConversation', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { conversationId });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'compliance', 'auditor'],
    summary: 'Who uses the app with whom, and who was refused it, by the time they asked (CN-11)',
    query: ConversationsQuery,
    answers: ConversationPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof ConversationsQuery>) {
    return listed(query, afterInstant, (part) => listConversations(tx, part), ['askedAt', 'conversationId']);
  }

  @Read(':conversationId', {
    scopes: ['admin', 'moderator', 'compliance', 'auditor'],
    summary: 'One conversation with its reason',
    answers: ConversationView,
  })
  async show(@Incoming() call: Call) {
    const row = await this.known(call);
    const { reason } = await this.kit.vault.read(call.tx, row.conversationId, ['reason']);
    return new Answer(200, { ...row, reason }, row.version);
  }

  private async known({ tx, params }: Pick<Call, 'tx' | 'params'>) {
    const [row] = await listConversations(tx, { conversationId: idOf(params['conversationId']), limit: 1 });
    if (!row) throw notFound('conversation');
    return row;
  }
}
