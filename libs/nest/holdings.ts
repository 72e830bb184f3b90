import { Inject } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Cause, Transaction } from '#eventsourcing';
import type { Personal } from '#vault';
import type { Call, CallOf } from './call.js';
import { closed, instant, uuid } from './fields.js';
import { HttpProblem, invalid, problem } from './problem.js';
import { Incoming, Read, Resource } from './route.js';
import { ServiceKit } from './service.js';

/** A row as it is shown to whoever it is about: columns by their names in camelCase, instants ISO 8601 UTC. */
export type Row = Readonly<Record<string, unknown>>;

/** Who is erased, and the cause of what is recorded of it. */
export interface Erased {
  readonly personId: string;
  readonly cause: Cause;
}

/** One part of what a service holds about people: a table, the rows in it that are about a person, and what else belongs to them. */
export interface Holding {
  /** What the rows are, in words that the person understands. */
  readonly title: string;
  readonly table: string;
  /** Condition by which a row is about the person with the id `$2`; rows that never concern a person have none. */
  readonly about?: string;
  /** Condition by which a row is about the group with the id `$2`; rows that never concern a group have none. */
  readonly inGroup?: string;
  /** The column with the row's time, by which a period is searched; rows without one count for any period. */
  readonly at?: string;
  /** Columns that tell the person nothing, such as fingerprints. */
  readonly hidden?: readonly string[];
  /** Adds what the vault has of these rows: words, texts. */
  readonly words?: (kit: ServiceKit, tx: Transaction, rows: readonly Row[]) => Promise<readonly Row[]>;
  /** Destroys what an erasure reaches beyond the values under the person's own key; in the transaction that destroys those. */
  readonly erase?: (kit: ServiceKit, tx: Transaction, erased: Erased) => Promise<void>;
}

/** Whom or what a search is about: a person, or a group within a period. */
export interface Search {
  readonly personId?: string;
  readonly groupId?: string;
  readonly from?: string;
  readonly to?: string;
}

/** What one service found. `isCut`: there is more of one part than an answer may hold. */
export interface Found {
  readonly searchedAt: string;
  /** Values of the vault under the person's own key. */
  readonly personal: Readonly<Record<string, Personal>>;
  readonly parts: readonly {
    readonly title: string;
    readonly table: string;
    readonly rows: readonly Row[];
    readonly isCut: boolean;
  }[];
}

/** Rows of one part that an answer holds at most. */
const MOST = 5_000;

/** Searches all parts of this service, in the caller's transaction. A person nobody knows has empty parts. */
export async function search(kit: ServiceKit, tx: Transaction, wanted: Search): Promise<Found> {
  const parts = [];
  for (const holding of kit.definition.holdings ?? []) {
    const rows = await rowsOf(tx, holding, wanted);
    if (rows.length === 0) continue;
    const shown = rows.slice(0, MOST);
    const withWords = holding.words ? await holding.words(kit, tx, shown) : shown;
    parts.push({ title: holding.title, table: holding.table, rows: withWords, isCut: rows.length > MOST });
  }
  const personal = wanted.personId === undefined ? {} : await kit.vault.readAll(tx, wanted.personId);
  // A field with a colon in its name belongs to a row, and is shown with it.
  const own = Object.fromEntries(Object.entries(personal).filter(([field]) => !field.includes(':')));
  return { searchedAt: tx.now, personal: own, parts };
}

async function rowsOf(tx: Transaction, holding: Holding, { personId, groupId, from, to }: Search): Promise<Row[]> {
  const condition = personId === undefined ? holding.inGroup : holding.about;
  if (condition === undefined) return [];
  const { table, at } = holding;
  // Without a time, the period is named all the same: Postgres wants to know the type of every parameter.
  const time = at ?? 'null::timestamptz';
  const within = `and ($3::timestamptz is null or coalesce(${time} >= $3::timestamptz, true))
    and ($4::timestamptz is null or coalesce(${time} < $4::timestamptz, true))`;
  const rows = await tx.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) as row from "${table}" t where tenant_id = $1 and (${condition}) ${within} limit ${MOST + 1}`,
    [tx.tenantId, personId ?? groupId, from ?? null, to ?? null],
  );
  return rows.map(({ row }) => shownRow(row, holding.hidden ?? []));
}

const DATABASE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$/;

function shownRow(row: Readonly<Record<string, unknown>>, hidden: readonly string[]): Row {
  const shown = Object.entries(row).filter(([column]) => column !== 'tenant_id' && !hidden.includes(column));
  return Object.fromEntries(
    shown.map(([column, value]) => [
      column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === 'string' && DATABASE_TIME.test(value) ? new Date(value).toISOString() : value,
    ]),
  );
}

const SearchQuery = Type.Object(
  {
    personId: Type.Optional(uuid),
    groupId: Type.Optional(uuid),
    from: Type.Optional(instant),
    to: Type.Optional(instant),
  },
  closed,
);

/** Throws the 403 for whoever is not one of our own processes: an answer shows everything there is, other people's data among it. */
export function onlyOurselves({ principal }: Pick<Call, 'principal'>): void {
  if (!principal.system)
    throw new HttpProblem(
      problem(403, 'forbidden', 'Only our own services may ask this. Ask for a package to a request instead.'),
    );
}

/** Where the other services ask what this one holds. One class a service, since paths differ. */
export function holdingsOf(service: string): new (kit: ServiceKit) => object {
  @Resource(`services/${service}/holdings`, 'Operations')
  class HoldingsController {
    constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

    @Read('', {
      scopes: ['admin'],
      summary: `What ${service} holds about a person, or about a group in a period; for our own services alone`,
      query: SearchQuery,
    })
    async find(@Incoming() call: CallOf<never, typeof SearchQuery>) {
      onlyOurselves(call);
      return search(this.kit, call.tx, wantedBy(call.query));
    }
  }
  // The document names operations by class, and each may be named once.
  Object.defineProperty(HoldingsController, 'name', { value: `${service}HoldingsController` });
  return HoldingsController;
}

function wantedBy({ personId, groupId, from, to }: Static<typeof SearchQuery>): Search {
  if ((personId === undefined) === (groupId === undefined))
    throw invalid([{ field: 'query', rule: 'must name a person or a group, and not both' }]);
  return {
    ...(personId ? { personId: personId.toLowerCase() } : {}),
    ...(groupId ? { groupId: groupId.toLowerCase() } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
}
