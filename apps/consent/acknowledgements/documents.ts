import { dutiesOf, fillSections, isOwed, joinSections, textVersion, type Duty, type ResolvedPolicy } from '#domain';
import type { Transaction } from '#eventsourcing';
import { activePolicies, timeZone, type ServiceKit } from '#nest';
import { modelsOf } from '../texts/models.js';
import { currentText } from '../texts/texts.read-model.js';
import { ownVersion, type HolderRow } from './acknowledgements.read-model.js';

/** A document to be acknowledged: the version that holds, its words, and the fields its words still leave open. */
export interface DocumentText {
  readonly version: string;
  readonly text: string;
  readonly missing: readonly string[];
}

const field = (document: string) => `document.${document}`;

/** Keeps the organisation's own wording of a document; returns its version. */
export async function keepDocument(kit: ServiceKit, tx: Transaction, document: string, text: string): Promise<string> {
  await kit.vault.write(tx, tx.tenantId!, { [field(document)]: text });
  return textVersion(document, text);
}

/**
 * The document as it holds: a group's own agreement, the organisation's wording, or the model's. Undefined where the
 * group has published no agreement, or its words are gone.
 */
export async function documentOf(
  kit: ServiceKit,
  tx: Transaction,
  { document, isOfGroup }: Pick<Duty, 'document' | 'isOfGroup'>,
  policy: ResolvedPolicy,
  groupId: string | null,
): Promise<DocumentText | undefined> {
  if (isOfGroup) {
    const text = groupId === null ? undefined : await currentText(kit, tx, groupId, 'agreement');
    return text && { version: text.version, text: text.body, missing: [] };
  }
  if ((await ownVersion(tx, document)) !== undefined) {
    const { [field(document)]: kept } = await kit.vault.read(tx, tx.tenantId!, [field(document)]);
    return kept?.state === 'value'
      ? { version: textVersion(document, kept.value), text: kept.value, missing: [] }
      : undefined;
  }
  const { general, profile } = modelsOf(policy.profile);
  const model = profile?.documents[document] ?? general.documents['pointer'] ?? [];
  const { sections, missing } = fillSections(model, { document: document.replaceAll('_', ' ') });
  const text = joinSections(sections);
  return { version: textVersion(document, text), text, missing: missing.map((gap) => gap.field) };
}

/** A duty of somebody in a role, with the policy it comes from. */
export interface OpenDuty extends Duty {
  readonly policy: ResolvedPolicy;
}

/** What a role asks of whoever has it: by the policy of the group's type, or for staff by every policy in force. */
export function dutiesIn(
  policies: ReadonlyMap<string, ResolvedPolicy>,
  holder: Pick<HolderRow, 'role' | 'groupType'>,
): OpenDuty[] {
  const own = holder.groupType === null ? undefined : policies.get(holder.groupType);
  const from = holder.role === 'staff' ? [...policies.values()] : own ? [own] : [];
  const roles = holder.role === 'moderator' ? ['moderator', 'leader'] : [holder.role];
  const all = from.flatMap((policy) => dutiesOf(policy).map((duty) => ({ ...duty, policy })));
  return [...new Map(all.filter(({ role }) => roles.includes(role)).map((duty) => [duty.document, duty])).values()];
}

/** What these people still have to acknowledge at this moment. */
export async function owedBy(kit: ServiceKit, tx: Transaction, holders: readonly HolderRow[]) {
  const policies = await activePolicies(tx);
  const zone = await timeZone(tx);
  const known = new Map<string, Promise<DocumentText | undefined>>();
  const current = (duty: OpenDuty, groupId: string | null) => {
    const key = `${duty.document} ${duty.isOfGroup ? groupId : duty.policy.profile}`;
    const text = known.get(key) ?? documentOf(kit, tx, duty, duty.policy, groupId);
    known.set(key, text);
    return text;
  };
  const owed: object[] = [];
  for (const holder of holders) {
    const { personId, role, groupId, usesOwnDevice } = holder;
    for (const duty of dutiesIn(policies, holder)) {
      const text = await current(duty, groupId);
      if (!text) continue; // a group without an agreement owes its texts first
      const said = holder.said[`${duty.document} ${duty.isOfGroup ? holder.scope : 'organisation'}`];
      const at = { currentVersion: text.version, now: tx.now, timeZone: zone, usesOwnDevice };
      if (!isOwed(duty, said, at)) continue;
      const { document, cadence, rule } = duty;
      owed.push({
        personId,
        role,
        groupId,
        document,
        cadence,
        textVersion: text.version,
        lastAt: said?.at ?? null,
        rule,
      });
    }
  }
  return owed;
}
