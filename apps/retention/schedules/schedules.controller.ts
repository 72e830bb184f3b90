import { Inject } from '@nestjs/common';
import { v5 } from 'uuid';
import { schedule } from '#domain';
import {
  Answer,
  type Call,
  type CallOf,
  Command,
  cursorKey,
  Incoming,
  invalid,
  page,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { AdoptSchedule, CurrentSchedule, ScheduleAdopted, SchedulePage, SchedulesQuery } from './schedules.dto.js';
import { currentSchedule, holdTerms, listSchedules, type ScheduleRow } from './schedules.read-model.js';

const SCHEDULES = '5b6c9d3e-0c8f-4d3c-9f0e-1e6f9a1c2b77';
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
  async versions(@Incoming() { tx, query }: CallOf<never, typeof SchedulesQuery>) {
    const { cursor, limit = 50 } = query;
    const [before] = cursorKey(cursor, 1) ?? [];
    if (before !== undefined && !Number.isSafeInteger(before))
      throw invalid([{ field: 'query/cursor', rule: 'must be the next of an earlier page' }]);
    const rows = await listSchedules(tx, {
      ...(before === undefined ? {} : { before: Number(before) }),
      limit: limit + 1,
    });
    return page(rows.map(shown), limit, (row) => [row.number]);
  }
}

const shown = ({ number, contentVersion, adoptedAt, rules }: ScheduleRow) => ({
  number,
  contentVersion,
  adoptedAt,
  rules,
});
