import { Inject } from '@nestjs/common';
import { retention, retentionRules, type CommandOf, type RetentionCommands } from '#domain';
import type { Rule } from '#events';
import {
  afterInstant,
  type Call,
  type CallOf,
  Command,
  findPolicy,
  idOf,
  Incoming,
  instantIn,
  listed,
  notFound,
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
  type Said,
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
  attest(@Incoming() call: CallOf<typeof AttestDeletion>) {
    const { scope, attestedBy } = call.body;
    return this.tell(call, (rules) => ({
      name: 'AttestDeletion',
      data: { scope, attestedBy: idOf(attestedBy), rules },
    }));
  }

  @Command(':taskId/not-possible', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records the owner’s word that the item cannot be deleted, and why',
    description:
      'An end as well, reported as what it is (BR-35, BR-59). Not the owner’s to say, or said before the time to keep is over, it does not count.',
    body: DeclareNotPossible,
    answers: Attested,
  })
  notPossible(@Incoming() call: CallOf<typeof DeclareNotPossible>) {
    const { reason, statedBy, note } = call.body;
    return this.tell(
      call,
      (rules) => ({ name: 'DeclareNotPossible', data: { reason, statedBy: idOf(statedBy), rules } }),
      note === undefined ? {} : { note },
    );
  }

  @Command(':taskId/decide', {
    scopes: ['admin', 'moderator', 'compliance'],
    summary: 'Decides what becomes of an item whose time ends with a review: it goes now, or stays until a day',
    description: 'Where it goes, its owner gets the usual week to delete it. Under a hold nothing is decided (BR-61).',
    body: DecideReview,
    answers: Attested,
  })
  decide(@Incoming() call: CallOf<typeof DecideReview>) {
    const { decision, reason, decidedBy, note, keepUntil } = call.body;
    const until = keepUntil === undefined ? {} : { keepUntil: instantIn('body/keepUntil', keepUntil) };
    return this.tell(
      call,
      (rules) => ({ name: 'DecideReview', data: { decision, reason, ...until, decidedBy: idOf(decidedBy), rules } }),
      note === undefined ? {} : { note },
    );
  }

  @Command(':taskId/transferred', {
    scopes: ['admin', 'moderator'],
    summary: 'Records the owner’s word that the item was handed over to the archive, and where it is now',
    body: AttestTransfer,
    answers: Attested,
  })
  transferred(@Incoming() call: CallOf<typeof AttestTransfer>) {
    const { transferredBy, reference } = call.body;
    return this.tell(
      call,
      (rules) => ({ name: 'AttestTransfer', data: { transferredBy: idOf(transferredBy), rules } }),
      { archive: reference },
    );
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who has to delete what by when, by due time',
    query: TasksQuery,
    answers: TaskPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof TasksQuery>) {
    const dueBefore = query.dueBefore && instantIn('query/dueBefore', query.dueBefore);
    const asked = { ...query, dueBefore };
    return listed(asked, afterInstant, (part) => listTasks(tx, part), ['dueAt', 'taskId']);
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

  /** Puts a word on a task to its item; what was said with it goes to the vault when the word counts. */
  private async tell(
    { tx, params, body, cause, expectedVersion }: CallOf<typeof Said>,
    command: (rules: readonly Rule[]) => CommandOf<RetentionCommands>,
    said: Readonly<Record<string, string>> = {},
  ) {
    const taskId = idOf(params['taskId']);
    const item = await findItemOfTask(tx, taskId);
    if (!item) throw notFound('deletion task');
    const policy = item.groupId === null ? undefined : await findPolicy(tx, item.groupId);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, retention, cause, [
      { id: item.itemId, command: command(policy ? retentionRules(policy) : []), occurredAt, expectedVersion },
    ]);
    const counts = outcome!.events.length > 0 && !outcome!.refusal;
    if (counts && Object.keys(said).length > 0) await this.kit.vault.write(tx, item.itemId, said);
    return recorded(outcome!, { taskId, itemId: item.itemId });
  }
}
