import { Readable } from 'node:stream';
import { Inject, StreamableFile } from '@nestjs/common';
import { v7 } from 'uuid';
import type { GatewayPayloads } from '#events';
import { Incoming, page, Read, Resource, ServiceKit, type Call, type CallOf } from '#nest';
import {
  ExportQuery,
  filterOf,
  HistoryPage,
  HistoryQuery,
  instantOf,
  isId,
  itemOf,
  personOf,
  placeOf,
  Roster,
  RosterQuery,
  StoryQuery,
} from './history.dto.js';
import { exportText, formats } from './history.export.js';
import {
  clockOf,
  historyQuery,
  readPart,
  readStory,
  rosterAt,
  type HistoryFilter,
  type HistoryRow,
} from './history.query.js';

const scopes = ['auditor', 'admin'] as const;
const place = (row: HistoryRow) => [row.occurred_at, row.event_id];

/** What happened, for those who check. Every look is itself an event: which key looked, at what, and when. */
@Resource('history', 'History')
export class HistoryController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes,
    summary: 'Events of every service in the order in which they happened',
    description: 'All filters given must hold. The read is recorded as HistoryQueried.',
    query: HistoryQuery,
    answers: HistoryPage,
  })
  async events(@Incoming() call: CallOf<never, typeof HistoryQuery>) {
    const { tx, query, principal } = call;
    const { cursor, limit = 50, ...filters } = query;
    const filter = filterOf(filters);
    await this.note(call, 'events', filter);
    const part = { order: query.order ?? 'asc', limit, ...placeOf(cursor) } as const;
    const rows = await readPart(tx, historyQuery(principal.tenantId, filter, part));
    return shown(rows, limit);
  }

  @Read('story/:taskId', {
    scopes,
    summary: 'The whole story of one task, in order',
    description:
      'What happened to the person in the group, or to the item, that the task is about, and all that the facts behind the task led to for them.',
    query: StoryQuery,
    answers: HistoryPage,
  })
  async story(@Incoming() call: CallOf<never, typeof StoryQuery>) {
    const { tx, query, params } = call;
    const taskId = params['taskId']!.toLowerCase();
    const limit = query.limit ?? 50;
    await this.note(call, 'story', { taskId });
    return shown(await readStory(tx, taskId, { limit, ...placeOf(query.cursor) }), limit);
  }

  @Read('groups/:groupId/roster', {
    scopes,
    summary: 'Who was in the group at an instant, by all that is known today',
    query: RosterQuery,
    answers: Roster,
  })
  async roster(@Incoming() call: CallOf<never, typeof RosterQuery>) {
    const { tx, query, params } = call;
    const groupId = params['groupId']!.toLowerCase();
    const asOf = query.asOf === undefined ? tx.now : instantOf('query/asOf', query.asOf);
    const limit = query.limit ?? 50;
    await this.note(call, 'roster', { groupId });
    const people = await rosterAt(tx, { groupId, asOf, ...personOf(query.cursor), rows: limit + 1 });
    return { groupId, asOf, ...page(people, limit, ({ personId }) => [personId]) };
  }

  @Read('export', {
    scopes,
    summary: 'The events of a query as a file',
    description:
      'NDJSON: the first line is an object that names the clock (`manual`: the times are not real), the time and the filters; each further line is an event as in the list. CSV: the column `clock` says it on every row; `rules` and `data` hold JSON.',
    query: ExportQuery,
    streams: ['application/x-ndjson', 'text/csv'],
  })
  async export(@Incoming() call: CallOf<never, typeof ExportQuery>) {
    const { tx, query, principal } = call;
    const { format = 'ndjson', ...filters } = query;
    const filter = filterOf(filters);
    await this.note(call, 'export', filter);
    const heading = { clock: await clockOf(tx), exportedAt: tx.now, filter };
    const order = query.order ?? 'asc';
    const text = exportText(this.kit.database, principal.tenantId, order, formats[format], heading);
    return new StreamableFile(Readable.from(text, { objectMode: false }), {
      type: formats[format].contentType,
      disposition: `attachment; filename="history.${format}"`,
    });
  }

  /** A stream for each look: one key may look at many things at once, and nobody waits for another's turn. */
  private async note({ tx, principal, cause }: Look, query: Looked['query'], filter: HistoryFilter): Promise<void> {
    const data: Looked = { keyId: principal.keyId, query, about: namedBy(filter) };
    await this.kit.store.append(tx, cause, [
      { streamId: `look-${v7()}`, expectedVersion: 'none', events: [{ name: 'HistoryQueried', data }] },
    ]);
  }
}
type Look = Pick<Call, 'tx' | 'principal' | 'cause'>;
type Looked = GatewayPayloads['HistoryQueried'];

/** The ids and words of ours that were asked for. An actor may be any word, so it is kept only if it is an id. */
function namedBy({ personId, groupId, taskId, correlationId, type, obligation, actor }: HistoryFilter): string[] {
  const actorId = actor !== undefined && isId(actor) ? actor : undefined;
  return [personId, groupId, taskId, correlationId, actorId, type, obligation].filter((name) => name !== undefined);
}

function shown(rows: readonly HistoryRow[], limit: number) {
  const { items, next } = page(rows, limit, place);
  return { items: items.map(itemOf), next };
}
