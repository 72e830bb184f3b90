import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { briefing, isInstant, ruleOf } from '#domain';
import {
  afterKey,
  type CallOf,
  Command,
  Incoming,
  listed,
  pastInstantIn,
  Read,
  recorded,
  requirePolicy,
  Resource,
  ServiceKit,
  uuid,
} from '#nest';
import { currentText } from '../texts/texts.read-model.js';
import {
  SentWelcome,
  WelcomePage,
  WelcomeRecorded,
  WelcomesQuery,
  WelcomeText,
  WelcomeTextQuery,
} from './agreements.dto.js';
import { listBriefings } from './agreements.read-model.js';
import { briefingId } from './briefing-stream.js';

const place = afterKey(
  Type.Tuple([Type.Refine(Type.String(), isInstant, () => 'must be an instant'), uuid, Type.String({ maxLength: 36 })]),
);

/** What newcomers are owed: the welcome and the agreement, by a deadline, and the word of whoever sent them. */
@Resource('welcomes', 'Agreements')
export class WelcomesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'To whom a welcome or the agreement is owed, overdue or sent; the most urgent first',
    query: WelcomesQuery,
    answers: WelcomePage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof WelcomesQuery>) {
    const asked = { ...query, recipient: query.personId?.toLowerCase() };
    const { items, next } = await listed(asked, place, (part) => listBriefings(tx, part), [
      'dueAt',
      'groupId',
      'recipient',
    ]);
    const shown = items.map(({ recipient: to, ...row }) => ({ ...row, personId: to === 'group' ? null : to }));
    return { items: shown, next };
  }

  @Read('text', {
    scopes: ['admin', 'moderator'],
    summary: 'The welcome of a group, ready to be pasted into the chat',
    query: WelcomeTextQuery,
    answers: WelcomeText,
  })
  async text(@Incoming() { tx, query }: CallOf<never, typeof WelcomeTextQuery>) {
    const groupId = query.groupId.toLowerCase();
    await requirePolicy(tx, groupId);
    const welcome = await currentText(this.kit, tx, groupId, 'welcome');
    const agreement = await currentText(this.kit, tx, groupId, 'agreement');
    // A welcome links the agreement; where the policy wants no welcome, the agreement itself is what newcomers are sent.
    const text = welcome?.body ?? agreement?.body ?? '';
    return { text, welcomeVersion: welcome?.version ?? null, agreementVersion: agreement?.version ?? null };
  }

  @Command('sent', {
    scopes: ['admin', 'moderator'],
    summary: 'Records that the texts owed were sent, in the versions that hold',
    description: 'The word of whoever sent them: what happens in the chat cannot be seen from here.',
    body: SentWelcome,
    answers: WelcomeRecorded,
  })
  async sent(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof SentWelcome>) {
    const groupId = body.groupId.toLowerCase();
    const personId = body.personId?.toLowerCase();
    const policy = await requirePolicy(tx, groupId);
    const welcome = await currentText(this.kit, tx, groupId, 'welcome');
    const agreement = await currentText(this.kit, tx, groupId, 'agreement');
    const data = {
      groupId,
      ...(personId ? { personId } : {}),
      channel: body.channel,
      ...(welcome ? { welcomeVersion: welcome.version } : {}),
      ...(agreement ? { agreementVersion: agreement.version } : {}),
      parts: [...(welcome?.items ?? [])],
      rules: [ruleOf(policy, 'welcome_on')],
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, briefing, cause, [
      { id: briefingId(groupId, personId), command: { name: 'Send', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId, ...(personId ? { personId } : {}) });
  }
}
