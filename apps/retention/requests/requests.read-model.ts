import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';
import { IS_OPEN } from '../items/items.read-model.js';

/** What people asked of the organisation by right, and by when it has to answer. What they said is in the vault. */
export const requestsTable = tenantTable(
  'rights_requests',
  `request_id uuid not null, kind text not null, person_id uuid, state text not null, received_at timestamptz not null, due_at timestamptz,
   overdue_at timestamptz, answered_at timestamptz, outcome text, late_by_seconds bigint, erasure text, wrong text[], against text[], purpose text,
   because text, stopped text[], corrections uuid[], withdrawn_at timestamptz`,
  'request_id',
  'received_at, request_id',
  'person_id, received_at',
);

/** Changes of the data that a request says is wrong, made since it came. */
export const correctionsTable = tenantTable(
  'request_corrections',
  'request_id uuid not null, correction_id uuid not null, classes text[] not null, made_at timestamptz not null, is_stated boolean not null',
  'request_id, correction_id',
);
/** Whom else, by kind and number, the organisation told of a correction or an erasure. */
export const toldTable = tenantTable(
  'request_recipients',
  'request_id uuid not null, event_id uuid not null, recipients text not null, count int not null, told_at timestamptz not null',
  'request_id, event_id',
);

export const requestsProjection = projection<RetentionPayloads>('rights_requests', ['requestId'], {
  RequestReceived: ({ occurredAt, data: { requestId, kind, personId, dueAt, wrong, against, purpose } }) => ({
    upsert: {
      requestId,
      kind,
      personId: personId ?? null,
      state: dueAt ? 'open' : 'waiting',
      receivedAt: occurredAt,
      dueAt: dueAt ?? null,
      wrong: wrong ?? null,
      against: against ?? null,
      purpose: purpose ?? null,
    },
  }),
  IdentityConfirmed: ({ data }) => ({ update: { ...data, state: 'open' } }),
  ClarificationAsked: ({ data }) => ({ update: { ...data, dueAt: null, state: 'paused' } }),
  // What was overdue by the limit of before may not be by the new one: its own deadline says so, at once where it has passed.
  ClarificationGiven: ({ data }) => ({ update: { ...data, state: 'open', overdueAt: null } }),
  RequestExtended: ({ data }) => ({ update: { ...data, state: 'open', overdueAt: null } }),
  RequestOverdue: ({ occurredAt, data: { requestId } }) => ({
    update: { requestId, state: 'overdue', overdueAt: occurredAt },
  }),
  RequestAnswered: ({ occurredAt, data }) => ({ update: { ...data, state: 'answered', answeredAt: occurredAt } }),
  ErasureOrdered: ({ data: { requestId } }) => ({ update: { requestId, erasure: 'ordered' } }),
  ErasureCompleted: ({ data: { requestId } }) => ({ update: { requestId, erasure: 'completed' } }),
  ObjectionWithdrawn: ({ occurredAt, data }) => ({ update: { ...data, withdrawnAt: occurredAt } }),
});

export const correctionsProjection = projection<RetentionPayloads>(
  'request_corrections',
  ['requestId', 'correctionId'],
  {
    CorrectionNoted: ({ data }) => ({ upsert: data }),
  },
);
export const toldProjection = projection<RetentionPayloads>('request_recipients', ['requestId', 'eventId'], {
  RecipientsTold: ({ id, occurredAt, data }) => ({ upsert: { ...data, eventId: id, toldAt: occurredAt } }),
});

/** One request; times are ISO 8601 UTC. `dueAt` is empty while the clock stands still. */
export interface RequestRow {
  readonly requestId: string;
  readonly kind: string;
  readonly personId: string | null;
  readonly state: 'waiting' | 'open' | 'paused' | 'overdue' | 'answered';
  readonly receivedAt: string;
  readonly dueAt: string | null;
  readonly overdueAt: string | null;
  readonly answeredAt: string | null;
  readonly outcome: string | null;
  readonly lateBySeconds: number | null;
  readonly erasure: 'ordered' | 'completed' | null;
  readonly wrong: readonly string[] | null;
  readonly against: readonly string[] | null;
  readonly purpose: string | null;
  readonly because: string | null;
  readonly stopped: readonly string[] | null;
  readonly withdrawnAt: string | null;
}

const columns = `request_id as "requestId", kind, person_id as "personId", state, iso(received_at) as "receivedAt", iso(due_at) as "dueAt",
  iso(overdue_at) as "overdueAt", iso(answered_at) as "answeredAt", outcome, late_by_seconds::float8 as "lateBySeconds", erasure,
  wrong, against, purpose, because, stopped, iso(withdrawn_at) as "withdrawnAt"`;

/** Requests by the time they were received, from after a given one on. */
export function listRequests(
  tx: Transaction,
  find: {
    requestId?: string;
    state?: string;
    kind?: string;
    personId?: string;
    after?: readonly [string, string];
    limit: number;
  },
): Promise<RequestRow[]> {
  const { requestId = null, state = null, kind = null, personId = null, after = [null, null], limit } = find;
  return tx.query<RequestRow>(
    `select ${columns} from rights_requests
     where tenant_id = $1 and ($2::uuid is null or request_id = $2) and ($3::text is null or state = $3) and ($4::text is null or kind = $4)
       and ($5::uuid is null or person_id = $5) and ($6::timestamptz is null or (received_at, request_id) > ($6::timestamptz, $7::uuid))
     order by received_at, request_id limit $8`,
    [tx.tenantId, requestId, state, kind, personId, ...after, limit],
  );
}

/**
 * Every item about a person or sent by them, also those that are done with: what they were may still be on record here. `isOver`: nothing but a hold keeps
 * it; `retainUntil` is null where the time to keep it has not begun.
 */
export function itemsAbout(
  tx: Transaction,
  personId: string,
): Promise<{ itemId: string; isHeld: boolean; isOver: boolean; retainUntil: string | null }[]> {
  return tx.query(
    `select item_id as "itemId", not ${IS_OPEN} or coalesce(retain_until <= $3::timestamptz, false) as "isOver",
       iso(retain_until) as "retainUntil",
       exists (select from item_holds h where h.tenant_id = i.tenant_id and h.item_id = i.item_id) as "isHeld"
     from retention_items i where tenant_id = $1 and $2 in (person_id, sender_id) order by item_id`,
    [tx.tenantId, personId, tx.now],
  );
}

/** The ids of everything a person asked for by right, in the order in which it was received. */
export async function requestsOf(tx: Transaction, personId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select request_id as id from rights_requests where tenant_id = $1 and person_id = $2 order by received_at, request_id',
    [tx.tenantId, personId],
  );
  return rows.map(({ id }) => id);
}

/** What was read in a transaction that is still in hand, by organisation. */
const open = new WeakMap<Transaction, Map<string | null, Promise<Map<string, string[]>>>>();

/**
 * The requests of a person to put data right that had no answer yet when this was first asked in this transaction. Hardly any person has one,
 * and a transaction asks for each of the many whose data a feed changed: so all of them are read at once. Whatever is opened meanwhile came
 * after the corrections that this transaction knows.
 */
export async function openRectifications(tx: Transaction, personId: string): Promise<readonly string[]> {
  const known = open.get(tx) ?? new Map<string | null, Promise<Map<string, string[]>>>();
  open.set(tx, known);
  const read = known.get(tx.tenantId) ?? readOpenRectifications(tx);
  known.set(tx.tenantId, read);
  return (await read).get(personId) ?? [];
}

async function readOpenRectifications(tx: Transaction): Promise<Map<string, string[]>> {
  const rows = await tx.query<{ personId: string; ids: string[] }>(
    `select person_id as "personId", array_agg(request_id::text order by received_at, request_id) as ids from rights_requests
     where tenant_id = $1 and kind = 'rectification' and state <> 'answered' group by person_id`,
    [tx.tenantId],
  );
  return new Map(rows.map(({ personId, ids }) => [personId, ids]));
}

/** What was corrected since a request came, in that order; `isNamed`: the answer rests on it. */
export function correctionsTo(tx: Transaction, requestId: string): Promise<Record<string, unknown>[]> {
  return tx.query(
    `select c.correction_id as "correctionId", c.classes, iso(c.made_at) as "madeAt", c.is_stated as "isStated",
       coalesce(c.correction_id = any(r.corrections), false) as "isNamed"
     from request_corrections c join rights_requests r using (tenant_id, request_id)
     where c.tenant_id = $1 and c.request_id = $2 order by c.made_at, c.correction_id`,
    [tx.tenantId, requestId],
  );
}

/** Whom else the organisation told, in the order in which it did. */
export function toldOf(tx: Transaction, requestId: string): Promise<Record<string, unknown>[]> {
  return tx.query(
    `select recipients, count, iso(told_at) as "toldAt" from request_recipients
     where tenant_id = $1 and request_id = $2 order by told_at, event_id`,
    [tx.tenantId, requestId],
  );
}

/** The holds in force that are placed on the person as such. */
export async function holdsOn(tx: Transaction, personId: string): Promise<string[]> {
  const rows = await tx.query<{ holdId: string }>(
    `select hold_id as "holdId" from holds where tenant_id = $1 and state <> 'released' and scope->>'personId' = $2 order by hold_id`,
    [tx.tenantId, personId],
  );
  return rows.map(({ holdId }) => holdId);
}
