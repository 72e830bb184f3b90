import { Inject } from '@nestjs/common';
import { v5, v7 } from 'uuid';
import { followUp, followUpRule, ruleOf } from '#domain';
import {
  afterId,
  Answer,
  type CallOf,
  Command,
  eventsOf,
  idOf,
  Incoming,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  refused,
  requirePolicy,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import { participantsOf } from '../acknowledgements/acknowledgements.read-model.js';
import {
  ConfirmFollowUp,
  FollowUpPage,
  FollowUpRecorded,
  FollowUpsQuery,
  Noted,
  NoteTrigger,
} from './follow-ups.dto.js';
import { listFollowUps } from './follow-ups.read-model.js';

const FOLLOW_UPS = '7c6a0e1e-7a57-4a3f-8a8e-3b9e2f9f1d06';

/** What was said in a group and has to be repeated, confirmed or moved elsewhere, and whom a removal has to be told. */
@Resource('follow-ups', 'Follow-ups')
export class FollowUpsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Notes something in a group that the policy wants followed up elsewhere',
    description:
      'Work information has to be repeated by email (AMZ-051), a longer exchange moves to another channel (AMZ-061), an alert is confirmed by phone with each member it has to reach (BR-51, BR-52). What was said stays in the chat: nothing of it is sent here.',
    body: NoteTrigger,
    answers: Noted,
  })
  async note(@Incoming() { tx, body, cause }: CallOf<typeof NoteTrigger>): Promise<Answer> {
    const groupId = idOf(body.groupId);
    const policy = await requirePolicy(tx, groupId);
    const rule = followUpRule(policy, body.trigger);
    if (!rule)
      return refused('NoFollowUpRule', 'The policy of this group wants nothing followed up after that.', [
        ruleOf(policy, 'followup_rules'),
      ]);
    const people = body.personIds?.map(idOf) ?? [];
    const members = people.length > 0 ? new Set(await participantsOf(tx, groupId, null)) : new Set<string>();
    if (people.some((personId) => !members.has(personId)))
      return refused('NotInGroup', 'Somebody named here is not in the group.', rule.rules);
    const noteId = idOf(body.noteId ?? v7());
    const zone = await timeZone(tx);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const followUps = (people.length > 0 ? people : [null]).map((personId) => ({
      followUpId: v5(`${groupId}:${noteId}:${personId ?? 'group'}`, FOLLOW_UPS),
      personId,
    }));
    const requests = followUps.map(({ followUpId, personId }) => {
      const about = { followUpId, groupId, ...(personId ? { personId } : {}) };
      const data = { ...about, trigger: body.trigger, ...rule, timeZone: zone };
      return { id: followUpId, command: { name: 'Open' as const, data }, occurredAt };
    });
    const outcomes = await this.kit.commands.execute(tx, followUp, cause, requests);
    const events = eventsOf(...outcomes);
    return new Answer(events.length > 0 ? 201 : 200, { noteId, followUps, events });
  }

  @Command(':followUpId/confirm', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Says that it was done: when, by whom, by which channel, and where that can be found',
    body: ConfirmFollowUp,
    answers: FollowUpRecorded,
  })
  async confirm(@Incoming() call: CallOf<typeof ConfirmFollowUp>) {
    const { tx, body, cause, expectedVersion } = call;
    const followUpId = idOf(call.params['followUpId']);
    const [row] = await listFollowUps(tx, { followUpId, after: null, limit: 1 });
    if (!row) throw notFound('follow-up');
    const by = body.confirmedBy ?? cause.actor.onBehalfOf;
    const data = {
      followUpId,
      groupId: row.groupId,
      channel: body.channel,
      ...(by ? { confirmedBy: idOf(by) } : {}),
      ...(body.reference ? { reference: body.reference } : {}),
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, followUp, cause, [
      { id: followUpId, command: { name: 'Confirm', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { followUpId });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'What has to be followed up, what is overdue, and what was done when and by which channel',
    query: FollowUpsQuery,
    answers: FollowUpPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof FollowUpsQuery>) {
    return listed(query, afterId, (part) => listFollowUps(tx, part), ['followUpId']);
  }
}
