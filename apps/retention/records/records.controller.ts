import { Inject } from '@nestjs/common';
import { v5, v7 } from 'uuid';
import { businessRecord, improperUse, recordDuty, ruleOf, type Improper, type ResolvedPolicy } from '#domain';
import {
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  invalid,
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
import { findItem } from '../items/items.read-model.js';
import { keepItems } from '../items/keeping.js';
import { Capture, Captured, Noted, NoteMessage, RecordPage, RecordsQuery, RecordView } from './records.dto.js';
import { findRecord, listRecords, listSystems } from './records.read-model.js';

const ITEMS = '6f1d7c8e-9a0e-4c53-8a53-0c3f4a1f0f11';

/** Messages of a chat that are the organisation’s business: owed to a system of record, and closed by their reference there. */
@Resource('business-records', 'Records')
export class RecordsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Notes that a message in a chat is business, and owed to a system of record',
    description:
      'Due a period after it was sent, which the policy’s followup_rules name (CN-17). What it says stays in the chat: only where it is found is kept, in the vault. A topic that does not belong in a chat is recorded as such, with where it belongs (CN-24, CN-25, CN-26).',
    body: NoteMessage,
    answers: Noted,
  })
  async note(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof NoteMessage>) {
    const recordId = idOf(body.recordId ?? v7());
    const groupId = idOf(body.groupId);
    const policy = await requirePolicy(tx, groupId);
    const duty = recordDuty(policy);
    if (!duty) return noRecordOwed(policy);
    const improper = body.topic === undefined ? undefined : topicOf(policy, body.topic);
    const data = {
      recordId,
      groupId,
      ...(body.personId ? { personId: idOf(body.personId) } : {}),
      sentAt: pastInstantIn('body/sentAt', body.sentAt, tx.now),
      within: duty.within,
      timeZone: await timeZone(tx),
      ...(improper ? { improper } : {}),
      rules: [duty.rule],
    };
    const [outcome] = await this.kit.commands.execute(tx, businessRecord, cause, [
      { id: recordId, command: { name: 'NoteMessage', data }, expectedVersion },
    ]);
    if (outcome!.events.length > 0) await this.kit.vault.write(tx, recordId, { reference: body.reference });
    const row = await findRecord(tx, recordId);
    return recorded(outcome!, { recordId, dueAt: row?.dueAt ?? null, belongsIn: improper?.redirect ?? null });
  }

  @Command(':recordId/captured', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'An approved system has it, under this reference; its time to be kept begins',
    description:
      'The only way to close what is owed (CN-17, CN-18). The record is kept as long as its class is, from now on (CN-19).',
    body: Capture,
    answers: Captured,
  })
  async captured(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof Capture>) {
    const row = await this.known({ tx, params });
    const { recordId, groupId, personId } = row;
    const policy = await requirePolicy(tx, groupId);
    const itemId = v5(recordId, ITEMS);
    const approved = (await listSystems(tx)).map(({ system }) => system);
    const { system, recordClass, period, reference } = body;
    const rules = [recordDuty(policy)?.rule ?? ruleOf(policy, 'followup_rules')];
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, businessRecord, cause, [
      {
        id: recordId,
        command: { name: 'CaptureBusinessRecord', data: { recordId, itemId, recordClass, system, approved, rules } },
        occurredAt,
        expectedVersion,
      },
    ]);
    if (outcome!.events.length > 0) {
      await this.kit.vault.write(tx, recordId, { caseReference: reference });
      const item = { itemId, startsAt: occurredAt, ...(personId ? { personId } : {}) };
      const keeping = { groupId, recordClass, period, ownerId: idOf(body.ownerId) };
      await keepItems(this.kit, tx, cause, keeping, [{ item, words: { reference: `${system}: ${reference}` } }]);
    }
    const retainUntil = (await findItem(tx, itemId))?.retainUntil ?? null;
    return recorded(outcome!, { recordId, itemId, retainUntil });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Business messages by the time they are owed by; `state=overdue` for those no system has in time (CN-08)',
    query: RecordsQuery,
    answers: RecordPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof RecordsQuery>) {
    return listed(query, afterInstant, (part) => listRecords(tx, part), ['dueAt', 'recordId']);
  }

  @Read(':recordId', {
    scopes: ['admin', 'moderator'],
    summary: 'One business message, with where it is found in the chat and in the system of record',
    answers: RecordView,
  })
  async show(@Incoming() call: Call) {
    const row = await this.known(call);
    const words = await this.kit.vault.read(call.tx, row.recordId, ['reference', 'caseReference']);
    return new Answer(200, { ...row, ...words }, row.version);
  }

  private async known({ tx, params }: Pick<Call, 'tx' | 'params'>) {
    const row = await findRecord(tx, idOf(params['recordId']));
    if (!row) throw notFound('business message');
    return row;
  }
}

/** Throws the 400 for a topic the policy says nothing of: a misspelt one must not pass as harmless. */
function topicOf(policy: ResolvedPolicy, topic: string): Improper | undefined {
  if (!policy.parameters.content_rules.value.some((rule) => rule.topic === topic))
    throw invalid([{ field: 'body/topic', rule: 'is not a topic of the policy’s content_rules' }]);
  return improperUse(policy, topic);
}

function noRecordOwed(policy: ResolvedPolicy): Answer {
  const because = 'The policy of this group owes no message to a system of record, or names no time for it.';
  return refused('NoRecordOwed', because, [ruleOf(policy, 'followup_rules')]);
}
