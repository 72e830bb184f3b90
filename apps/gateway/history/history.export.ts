import { stringify } from 'csv-stringify/sync';
import type { Database } from '#eventsourcing';
import { itemOf } from './history.dto.js';
import {
  historyQuery,
  LARGEST_PART,
  readPart,
  type HistoryFilter,
  type HistoryRow,
  type Place,
} from './history.query.js';

/** What an export says of itself. */
export interface Heading {
  /** `manual` in a rehearsal: the times are not real. */
  readonly clock: 'manual' | 'system';
  readonly exportedAt: string;
  readonly filter: HistoryFilter;
}

interface Format {
  readonly contentType: string;
  readonly head: (heading: Heading) => string;
  readonly rows: (rows: readonly HistoryRow[], heading: Heading) => string;
}

const CSV_COLUMNS =
  'clock eventId service name type streamId version occurredAt recordedAt actorKind actorId onBehalfOf correlationId causationId rules data'.split(
    ' ',
  );

/**
 * NDJSON begins with an object about the export, its clock among it. CSV has no place for that: there the first column of every row
 * names the clock, so that it stays with a row that is copied elsewhere; rules and data are JSON in their columns.
 */
export const formats: Readonly<Record<'ndjson' | 'csv', Format>> = {
  ndjson: {
    contentType: 'application/x-ndjson',
    head: (heading) => `${JSON.stringify({ export: 'rollcall.history', ...heading })}\n`,
    rows: (rows) => rows.map((row) => `${JSON.stringify(itemOf(row))}\n`).join(''),
  },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: () => stringify([CSV_COLUMNS], { record_delimiter: 'windows' }),
    rows: (rows, { clock }) =>
      stringify(
        rows.map((row) => {
          const { actor, ...item } = itemOf(row);
          const by = { actorKind: actor.kind, actorId: actor.id, onBehalfOf: actor.onBehalfOf };
          return { ...item, ...by, clock, rules: row.rules, data: row.data };
        }),
        { columns: CSV_COLUMNS, record_delimiter: 'windows' },
      ),
  },
};

/**
 * The text of an export, part by part, each read in a transaction of its own that has ended before the reader gets the part: a slow
 * reader holds nothing open, and memory holds one part. An event that arrives meanwhile is there if its place was not passed yet.
 */
export async function* exportText(
  database: Database,
  tenantId: string,
  order: 'asc' | 'desc',
  format: Format,
  heading: Heading,
): AsyncGenerator<string> {
  yield format.head(heading);
  let after: Place | undefined;
  for (;;) {
    const part = { order, limit: LARGEST_PART, ...(after ? { after } : {}) };
    const found = await database.inTenant(tenantId, (tx) => readPart(tx, historyQuery(tenantId, heading.filter, part)));
    if (found.length === 0) return;
    yield format.rows(found, heading);
    const last = found.at(-1)!;
    after = [last.occurred_at, last.event_id];
  }
}
