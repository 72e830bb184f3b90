import { Inject } from '@nestjs/common';
import { gapsOf, onDuty, rota, ruleOf } from '#domain';
import {
  activePolicy,
  afterId,
  type CallOf,
  Command,
  idOf,
  Incoming,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import { findGroups, rolesIn } from '../groups/groups.read-model.js';
import { AcknowledgeRota, RotaPage, RotaRecorded, RotasQuery, SettleRota } from './rota.dto.js';
import { listRotas } from './rota.read-model.js';

/** Who looks after a group when, and who is rung when nobody does (AMZ-086, LD-46, AMZ-036, AMZ-065). */
@Resource('rotas', 'Rotas')
export class RotaController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'moderator'],
    summary: 'Records how those who run a group have settled to share the duty, and who is counted on out of hours',
    description: 'In place of what was settled before. Owed anew whenever those who run the group change (AMZ-086).',
    body: SettleRota,
    answers: RotaRecorded,
  })
  async settle(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof SettleRota>) {
    const groupId = idOf(body.groupId);
    const group = (await findGroups(tx, [groupId])).get(groupId);
    if (!group) throw notFound('group');
    const policy = await activePolicy(tx, group.groupType);
    const data = {
      groupId,
      shifts: body.shifts.map((shift) => ({ ...shift, personId: idOf(shift.personId) })),
      outOfHours: (body.outOfHours ?? []).map(({ personId, does }) => ({ personId: idOf(personId), does })),
      settledBy: body.settledBy.map(idOf),
      moderators: (await rolesIn(tx, groupId)).map(({ personId }) => personId),
      rules: policy ? [ruleOf(policy, 'moderator_prereqs')] : [],
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, rota, cause, [
      { id: groupId, command: { name: 'Settle', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId });
  }

  @Command(':groupId/acknowledge', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Somebody knows that they are counted on out of hours',
    body: AcknowledgeRota,
    answers: RotaRecorded,
  })
  async acknowledge(@Incoming() call: CallOf<typeof AcknowledgeRota>) {
    const { tx, body, cause, expectedVersion } = call;
    const groupId = idOf(call.params['groupId']);
    if ((await listRotas(tx, { groupId, after: null, limit: 1 })).length === 0) throw notFound('rota');
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const command = { name: 'Acknowledge', data: { groupId, personId: idOf(body.personId) } } as const;
    const [outcome] = await this.kit.commands.execute(tx, rota, cause, [
      { id: groupId, command, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { groupId });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary:
      'How the duty is shared in each group, who has the turn now, and when nobody has it; `state=owed` for the tasks',
    query: RotasQuery,
    answers: RotaPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof RotasQuery>) {
    const { items, next } = await listed(query, afterId, (part) => listRotas(tx, part), ['groupId']);
    const zone = await timeZone(tx);
    return {
      items: items.map((row) => ({ ...row, onDuty: onDuty(row.shifts, tx.now, zone), gaps: gapsOf(row.shifts) })),
      next,
    };
  }
}
