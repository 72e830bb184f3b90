import { v5 } from 'uuid';
import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** The newest package of each request: what was searched for, how far that is, who was decided to be shown. What is in it is in the vault. */
export const packagesTable = tenantTable(
  'rights_packages',
  `request_id uuid not null, edition integer not null, kept integer not null default 0, state text not null, person_id uuid, group_ids uuid[],
   period_from timestamptz, period_to timestamptz, ordered_at timestamptz not null, compiled_at timestamptz, sha256 text, searched json,
   others integer, destroy_at timestamptz, destroyed_at timestamptz`,
  'request_id',
  'person_id, request_id',
);

/** Which other people are shown by name in a package. */
export const disclosuresTable = tenantTable(
  'package_disclosures',
  `request_id uuid not null, edition integer not null, label integer not null, is_disclosed boolean not null, ground text not null,
   decided_at timestamptz not null`,
  'request_id, edition, label',
);

export const packagesProjection = projection<RetentionPayloads>('rights_packages', ['requestId'], {
  PackageOrdered: ({ occurredAt, data: { requestId, edition, personId, groupIds, from, to } }) => ({
    upsert: {
      requestId,
      edition,
      personId: personId ?? null,
      groupIds: groupIds ?? null,
      periodFrom: from ?? null,
      periodTo: to ?? null,
      orderedAt: occurredAt,
      state: 'searching',
    },
  }),
  PackageCompiled: ({ occurredAt, data: { edition, ...data } }) => ({
    update: { ...data, edition, kept: edition, state: 'compiled', compiledAt: occurredAt, destroyedAt: null },
  }),
  PackageNotCompiled: ({ data: { requestId } }) => ({ update: { requestId, state: 'given_up' } }),
  DisclosureDecided: ({ data: { requestId, sha256 } }) => ({ update: { requestId, sha256 } }),
  PackageEndSet: ({ data: { requestId, destroyAt } }) => ({ update: { requestId, destroyAt } }),
  PackageDestroyed: ({ occurredAt, data: { requestId, because } }) => ({
    update:
      because === 'replaced'
        ? { requestId, kept: 0 }
        : { requestId, kept: 0, state: 'destroyed', destroyedAt: occurredAt },
  }),
});

export const disclosuresProjection = projection<RetentionPayloads>(
  'package_disclosures',
  ['requestId', 'edition', 'label'],
  {
    DisclosureDecided: ({ occurredAt, data: { requestId, edition, label, isDisclosed, ground } }) => ({
      upsert: { requestId, edition, label, isDisclosed, ground, decidedAt: occurredAt },
    }),
  },
);

/** A package; times are ISO 8601 UTC. `kept` is the edition that can be read, 0 where there is none. */
export interface PackageRow {
  readonly requestId: string;
  readonly edition: number;
  readonly kept: number;
  readonly state: 'searching' | 'compiled' | 'given_up' | 'destroyed';
  readonly personId: string | null;
  readonly groupIds: readonly string[] | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly orderedAt: string;
  readonly compiledAt: string | null;
  readonly sha256: string | null;
  readonly searched: RetentionPayloads['PackageCompiled']['searched'] | null;
  readonly others: number | null;
  readonly destroyAt: string | null;
  readonly destroyedAt: string | null;
}

const COLUMNS = `request_id as "requestId", edition, kept, state, person_id as "personId", group_ids as "groupIds", iso(period_from) as "from",
  iso(period_to) as "to", iso(ordered_at) as "orderedAt", iso(compiled_at) as "compiledAt", sha256, searched, others,
  iso(destroy_at) as "destroyAt", iso(destroyed_at) as "destroyedAt"`;

/** The package of a request; undefined where none was ordered. */
export async function findPackage(tx: Transaction, requestId: string): Promise<PackageRow | undefined> {
  const sql = `select ${COLUMNS} from rights_packages where tenant_id = $1 and request_id = $2`;
  return (await tx.query<PackageRow>(sql, [tx.tenantId, requestId]))[0];
}

/** The packages about a person that can be read. */
export function packagesAbout(
  tx: Transaction,
  personId: string,
): Promise<{ requestId: string; edition: number; kept: number }[]> {
  return tx.query(
    `select request_id as "requestId", edition, kept from rights_packages where tenant_id = $1 and person_id = $2 order by request_id`,
    [tx.tenantId, personId],
  );
}

/** The labels of people who are shown by name in an edition. */
export async function disclosedIn(tx: Transaction, requestId: string, edition: number): Promise<number[]> {
  const rows = await tx.query<{ label: number }>(
    'select label from package_disclosures where tenant_id = $1 and request_id = $2 and edition = $3 and is_disclosed order by label',
    [tx.tenantId, requestId, edition],
  );
  return rows.map(({ label }) => label);
}

const PACKAGES = '0d1f5f0c-4a51-4a0e-9a2b-8a2a6c6c41d7';

/** Under which id the vault keeps an edition: each has a key of its own, which goes with it. */
export const vaultIdOf = (requestId: string, edition: number): string => v5(`${requestId}:${edition}`, PACKAGES);
