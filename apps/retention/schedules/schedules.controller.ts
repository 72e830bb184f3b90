import { Inject } from '@nestjs/common';
import { v5 } from 'uuid';
import { Type } from 'typebox';
import { schedule, type ScheduleRule } from '#domain';
import type { Transaction } from '#eventsourcing';
import {
  activePolicies,
  afterKey,
  Answer,
  type Call,
  type CallOf,
  Command,
  Incoming,
  listed,
  notYet,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { AdoptSchedule, CurrentSchedule, ScheduleAdopted, SchedulePage, SchedulesQuery } from './schedules.dto.js';
import { currentSchedule, holdTerms, listSchedules, type ScheduleRow } from './schedules.read-model.js';

const SCHEDULES = '5b6c9d3e-0c8f-4d3c-9f0e-1e6f9a1c2b77';
const afterNumber = afterKey(Type.Tuple([Type.Integer()]));
const readers = ['admin', 'moderator', 'compliance', 'auditor'] as const;

/** How long an organisation keeps what, by its own schedule. */
@Resource('retention-schedules', 'Retention')
export class SchedulesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['compliance'],
    summary: 'Puts a whole retention schedule in force, as a new version',
    description:
      'Every open item is counted anew by it, each with an event, and the members of the groups concerned are owed a notice (BR-60). The same rules again change nothing. Send If-Match with the version you saw, so that two who change it do not undo each other.',
    body: AdoptSchedule,
    answers: ScheduleAdopted,
  })
  async adopt(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof AdoptSchedule>) {
    const { rules } = body;
    await requireTypes(tx, rules);
    await holdTerms(tx);
    const scheduleId = v5(tx.tenantId!, SCHEDULES);
    const [outcome] = await this.kit.commands.execute(tx, schedule, cause, [
      { id: scheduleId, command: { name: 'AdoptSchedule', data: { scheduleId, rules } }, expectedVersion },
    ]);
    const { number, contentVersion } = (await currentSchedule(tx)) ?? { number: 0, contentVersion: '' };
    return recorded(outcome!, { number, contentVersion });
  }

  @Read('', {
    scopes: readers,
    summary: 'The schedule in force; its version is the ETag',
    answers: CurrentSchedule,
  })
  async current(@Incoming() { tx }: Call) {
    const row = await currentSchedule(tx);
    if (!row) return { schedule: null };
    return new Answer(200, { schedule: { ...shown(row), version: row.number } }, row.number);
  }

  @Read('versions', {
    scopes: readers,
    summary: 'Every schedule there was, the newest first',
    query: SchedulesQuery,
    answers: SchedulePage,
  })
  versions(@Incoming() { tx, query }: CallOf<never, typeof SchedulesQuery>) {
    const find = async ({ after, limit }: { after: [number] | undefined; limit: number }) =>
      (await listSchedules(tx, { before: after?.[0], limit })).map(shown);
    return listed(query, afterNumber, find, ['number']);
  }
}

const shown = ({ number, contentVersion, adoptedAt, rules }: ScheduleRow) => ({
  number,
  contentVersion,
  adoptedAt,
  rules,
});

/** Throws the 409 for a rule on a group type that no profile in force has: it would keep nothing, and nobody would know. */
async function requireTypes(tx: Transaction, rules: readonly ScheduleRule[]): Promise<void> {
  const known = new Set((await activePolicies(tx)).keys());
  const unknown = rules.flatMap(({ groupType }, index) =>
    groupType === '*' || known.has(groupType) ? [] : [`body/rules/${index}/groupType`],
  );
  if (unknown.length === 0) return;
  const rule = `must be * or a group type of a profile in force: ${[...known].toSorted().join(', ') || 'there is none'}`;
  throw notYet(
    'GroupTypeUnknown',
    `${unknown[0]!} ${rule}. If you have just activated a profile, try again in a moment.`,
    { errors: unknown.map((field) => ({ field, rule })) },
  );
}
