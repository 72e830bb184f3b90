import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Who judged what before posting, and the answer; why is in the vault under the person's id. */
export const assessmentsTable = tenantTable(
  'usage_assessments',
  `assessment_id uuid not null, group_id uuid not null, person_id uuid not null, assessed_at timestamptz not null, audience text not null,
   topic text, sensitivity text not null, verdict text not null, form_reference text, answered text[] not null`,
  'assessment_id',
  'group_id, assessment_id',
  'person_id, assessment_id',
);

export const assessmentsProjection = projection<MembershipPayloads>('usage_assessments', ['assessmentId'], {
  UsageAssessed: ({ data, occurredAt }) => ({ upsert: { ...data, assessedAt: occurredAt } }),
});

/** One judgement. Instants are ISO 8601 UTC. */
export interface AssessmentRow {
  readonly assessmentId: string;
  readonly groupId: string;
  readonly personId: string;
  readonly assessedAt: string;
  readonly audience: string;
  readonly topic: string | null;
  readonly sensitivity: string;
  readonly verdict: string;
  readonly formReference: string | null;
  readonly answered: readonly string[];
}

/** Judgements by their ids, from after a given one on. */
export function listAssessments(
  tx: Transaction,
  find: { groupId?: string; personId?: string; after: string | null; limit: number },
): Promise<AssessmentRow[]> {
  return tx.query<AssessmentRow>(
    `select assessment_id as "assessmentId", group_id as "groupId", person_id as "personId", iso(assessed_at) as "assessedAt", audience,
       topic, sensitivity, verdict, form_reference as "formReference", answered
     from usage_assessments where tenant_id = $1 and ($2::uuid is null or group_id = $2) and ($3::uuid is null or person_id = $3)
       and ($4::uuid is null or assessment_id > $4) order by assessment_id limit $5`,
    [tx.tenantId, find.groupId ?? null, find.personId ?? null, find.after, find.limit],
  );
}
