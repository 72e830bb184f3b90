import { Inject } from '@nestjs/common';
import { retention, retentionRules } from '#domain';
import type { Transaction } from '#eventsourcing';
import {
  afterInstant,
  type Call,
  type CallOf,
  Command,
  findPolicy,
  Incoming,
  instantIn,
  notFound,
  page,
  pastInstantIn,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { findItemOfTask } from '../items/items.read-model.js';
import {
  AttestDeletion,
  Attested,
  AttestTransfer,
  DecideReview,
  DeclareNotPossible,
  Task,
  TaskPage,
  TasksQuery,
} from './deletion-tasks.dto.js';
import { findTask, listTasks } from './deletion-tasks.read-model.js';

/** Orders to delete, each to the one who can. */
@Resource('deletion-tasks', 'Retention')
export class DeletionTasksController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':taskId/attest', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records the owner’s word that the item is deleted',
    description:
      'Attested, never proven (BR-35). Not the owner’s to give, or given before the time to keep is over, it does not count: 409, kept as evidence (BR-57, BR-59).',
    body: AttestDeletion,
    answers: Attested,
  })
  async attest(@Incoming() { tx, body, params, cause, expectedVersion }: CallOf<typeof AttestDeletion>) {
    const { item, taskId, rules } = await this.taskIn(tx, params);
    const data = { scope: body.scope, attestedBy: body.attestedBy.toLowerCase(), rules };
    const occurredAt = body.occurredAt && pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, retention, cause, [
      { id: item.itemId, command: { name: 'AttestDeletion', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { taskId, itemId: item.itemId });
  }

  @Command(':taskId/not-possible', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records the owner’s word that the item cannot be deleted, and why',
    description:
      'An end as well, reported as what it is (BR-35, BR-59). Not the owner’s to say, or said before the time to keep is over, it does not count.',
    body: DeclareNotPossible,
    answers: Attested,
  })
  async notPossible(@Incoming() { tx, body, params, cause, expectedVersion }: CallOf<typeof DeclareNotPossible>) {
    const { item, taskId, rules } = await this.taskIn(tx, params);
    const data = { reason: body.reason, statedBy: body.statedBy.toLowerCase(), rules };
    const occurredAt = body.occurredAt && pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, retention, cause, [
      { id: item.itemId, command: { name: 'DeclareNotPossible', data }, occurredAt, expectedVersion },
    ]);
    if (body.note && outcome!.events.length > 0) await this.kit.vault.write(tx, item.itemId, { note: body.note });
    return recorded(outcome!, { taskId, itemId: item.itemId });
  }

  @Command(':taskId/decide', {
    scopes: ['admin', 'moderator', 'compliance'],
    summary: 'Decides what becomes of an item whose time ends with a review: it goes now, or stays until a day',
    description: 'Where it goes, its owner gets the usual week to delete it. Under a hold nothing is decided (BR-61).',
    body: DecideReview,
    answers: Attested,
  })
  async decide(@Incoming() { tx, body, params, cause, expectedVersion }: CallOf<typeof DecideReview>) {
    const { item, taskId, rules } = await this.taskIn(tx, params);
    const { decision, reason } = body;
    const keepUntil = body.keepUntil === undefined ? {} : { keepUntil: instantIn('body/keepUntil', body.keepUntil) };
    const data = { decision, reason, ...keepUntil, decidedBy: body.decidedBy.toLowerCase(), rules };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, retention, cause, [
      { id: item.itemId, command: { name: 'DecideReview', data }, occurredAt, expectedVersion },
    ]);
    if (body.note && outcome!.events.length > 0 && !outcome!.refusal)
      await this.kit.vault.write(tx, item.itemId, { note: body.note });
    return recorded(outcome!, { taskId, itemId: item.itemId });
  }

  @Command(':taskId/transferred', {
    scopes: ['admin', 'moderator'],
    summary: 'Records the owner’s word that the item was handed over to the archive, and where it is now',
    body: AttestTransfer,
    answers: Attested,
  })
  async transferred(@Incoming() { tx, body, params, cause, expectedVersion }: CallOf<typeof AttestTransfer>) {
    const { item, taskId, rules } = await this.taskIn(tx, params);
    const data = { transferredBy: body.transferredBy.toLowerCase(), rules };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, retention, cause, [
      { id: item.itemId, command: { name: 'AttestTransfer', data }, occurredAt, expectedVersion },
    ]);
    if (outcome!.events.length > 0 && !outcome!.refusal)
      await this.kit.vault.write(tx, item.itemId, { archive: body.reference });
    return recorded(outcome!, { taskId, itemId: item.itemId });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who has to delete what by when, by due time',
    query: TasksQuery,
    answers: TaskPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof TasksQuery>) {
    const { cursor, limit = 50, dueBefore, ...filter } = query;
    const rows = await listTasks(tx, {
      ...filter,
      dueBefore: dueBefore && instantIn('query/dueBefore', dueBefore),
      after: afterInstant(cursor),
      limit: limit + 1,
    });
    return page(rows, limit, (row) => [row.dueAt, row.taskId]);
  }

  @Read(':taskId', {
    scopes: ['admin', 'moderator'],
    summary: 'One task, with where its item is found',
    answers: Task,
  })
  async show(@Incoming() { tx, params }: Call) {
    const task = await findTask(tx, params['taskId']!);
    if (!task) throw notFound('deletion task');
    return { ...task, ...(await this.kit.vault.read(tx, task.itemId, ['reference', 'archive'])) };
  }

  private async taskIn(tx: Transaction, params: Readonly<Record<string, string>>) {
    const taskId = params['taskId']!.toLowerCase();
    const item = await findItemOfTask(tx, taskId);
    if (!item) throw notFound('deletion task');
    const policy = item.groupId === null ? undefined : await findPolicy(tx, item.groupId);
    return { taskId, item, rules: policy ? retentionRules(policy) : [] };
  }
}
