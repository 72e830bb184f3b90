import { EntitySchema } from 'typeorm';
import { projection, tenantTable, type Migration } from '#eventsourcing';
import type { MembershipPayloads } from '#events';

/** A read model of as many columns as the product's own usually have, and the same table as TypeORM sees it. */
export const leaverMigration: Migration = {
  name: 'BenchLeavers1700000000009',
  sql: [
    tenantTable(
      'bench_leavers',
      'person_id uuid not null, category text not null, trigger text not null, left_at timestamptz not null, source text not null',
      'person_id, category',
    ),
  ],
};

export interface Leaver {
  readonly tenantId: string;
  readonly personId: string;
  readonly category: string;
  readonly trigger: string;
  readonly leftAt: string;
  readonly source: string;
}

export const leavers = projection<MembershipPayloads>('bench_leavers', ['personId', 'category'], {
  LeaverDetected: ({ data: { personId, category, trigger, leftAt, source } }) => ({
    upsert: { personId, category, trigger, leftAt, source },
  }),
});

const text = { type: 'text' } as const;
const key = { primary: true } as const;
export const LeaverEntity = new EntitySchema<Leaver>({
  name: 'BenchLeaver',
  tableName: 'bench_leavers',
  columns: {
    tenantId: { type: 'uuid', name: 'tenant_id', ...key },
    personId: { type: 'uuid', name: 'person_id', ...key },
    category: { ...text, ...key },
    trigger: text,
    leftAt: { type: 'timestamptz', name: 'left_at' },
    source: text,
  },
});

export interface InboxRow {
  readonly tenantId: string;
  readonly processor: string;
  readonly eventId: string;
}
export const InboxEntity = new EntitySchema<InboxRow>({
  name: 'BenchInbox',
  tableName: 'inbox',
  columns: {
    tenantId: { type: 'uuid', name: 'tenant_id', ...key },
    processor: { ...text, ...key },
    eventId: { type: 'uuid', name: 'event_id', ...key },
  },
});
