import { joinSections, textVersion, type Section, type TextKind } from '#domain';
import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';
import { findPolicy, type ServiceKit } from '#nest';
import { standingNotice, titled, type TextFields } from './models.js';

/** Every version of every text of a group that was found good; the words are in the vault. */
export const textsTable = tenantTable(
  'texts',
  `group_id uuid not null, kind text not null, version text not null, validated_at timestamptz not null, published_at timestamptz,
   topics text[] not null, attested text[] not null, names uuid[] not null`,
  'group_id, kind, version',
);

/** The text of each kind a group goes by. `stale_since` is set while it names somebody who no longer runs the group (AMZ-011). */
export const currentTextsTable = tenantTable(
  'current_texts',
  'group_id uuid not null, kind text not null, version text not null, published_at timestamptz not null, stale_since timestamptz',
  'group_id, kind',
);

export const textsProjection = projection<ConsentPayloads>('texts', ['groupId', 'kind', 'version'], {
  TextValidated: ({ occurredAt, data: { groupId, kind, version, topics, attested, names } }) => ({
    upsert: { groupId, kind, version, topics, attested, names, validatedAt: occurredAt },
  }),
  TextPublished: ({ occurredAt, data: { groupId, kind, version } }) => ({
    update: { groupId, kind, version, publishedAt: occurredAt },
  }),
});

export const currentTextsProjection = projection<ConsentPayloads>('current_texts', ['groupId', 'kind'], {
  TextPublished: ({ occurredAt, data: { groupId, kind, version } }) => ({
    upsert: { groupId, kind, version, publishedAt: occurredAt, staleSince: null },
  }),
  DescriptionStale: ({ occurredAt, data: { groupId } }) => ({
    update: { groupId, kind: 'description', staleSince: occurredAt },
  }),
});

/** A version of a text; times are ISO 8601 UTC. */
export interface TextRow {
  readonly kind: TextKind;
  readonly version: string;
  readonly validatedAt: string;
  readonly publishedAt: string | null;
  readonly isCurrent: boolean;
  readonly staleSince: string | null;
  readonly topics: string[];
  readonly attested: string[];
  readonly names: string[];
}

/** The versions of a group's texts, newest first; of one kind where it is named. */
export function listTexts(tx: Transaction, groupId: string, kind?: TextKind): Promise<TextRow[]> {
  return tx.query<TextRow>(
    `select t.kind, t.version, iso(t.validated_at) as "validatedAt", iso(t.published_at) as "publishedAt", c.version is not null as "isCurrent",
       iso(c.stale_since) as "staleSince", t.topics, t.attested, t.names
     from texts t left join current_texts c using (tenant_id, group_id, kind, version)
     where tenant_id = $1 and group_id = $2 and ($3::text is null or kind = $3)
     order by kind, t.validated_at desc, t.version limit 500`,
    [tx.tenantId, groupId, kind ?? null],
  );
}

/** A text as people read it. `items` are the topics it answers. */
export interface Text {
  readonly version: string;
  readonly title: string;
  readonly body: string;
  readonly items: readonly string[];
  readonly sections: readonly Section[];
}

/**
 * The text of a kind a group goes by: the one published last. Of a notice there is always one while a policy is in force:
 * the model's where none was published, with only what is known of the group, so `items` may lack what the policy asks for.
 * Undefined where there is none, or its words were erased. The version is a fingerprint of the words alone.
 */
export async function currentText(
  kit: Pick<ServiceKit, 'vault'>,
  tx: Transaction,
  groupId: string,
  kind: TextKind,
): Promise<Text | undefined> {
  const [current] = await tx.query<{ version: string }>(
    'select version from current_texts where tenant_id = $1 and group_id = $2 and kind = $3',
    [tx.tenantId, groupId, kind],
  );
  if (current) return textOf(kit, tx, groupId, kind, current.version);
  const policy = kind === 'notice' ? await findPolicy(tx, groupId) : undefined;
  if (!policy) return undefined;
  const fields = await fieldsOf(kit, tx, groupId);
  return asText('notice', standingNotice(policy, fields), fields);
}

/** One version of a text; undefined where the group has no such version, or its words are gone. */
export async function textOf(
  kit: Pick<ServiceKit, 'vault'>,
  tx: Transaction,
  groupId: string,
  kind: TextKind,
  version: string,
): Promise<Text | undefined> {
  const field = vaultField(kind, version);
  const { [field]: kept } = await kit.vault.read(tx, groupId, [field]);
  if (kept?.state !== 'value') return undefined;
  return asText(kind, JSON.parse(kept.value) as Section[], await fieldsOf(kit, tx, groupId));
}

function asText(kind: TextKind, sections: readonly Section[], fields: TextFields): Text {
  const { title, body } = titled(kind, sections, fields);
  return { version: textVersion(kind, body), title, body, items: sections.map(({ topic }) => topic), sections };
}

/** Keeps the words of a text, with the group; returns their version. */
export async function keepText(
  kit: Pick<ServiceKit, 'vault'>,
  tx: Transaction,
  groupId: string,
  kind: TextKind,
  sections: readonly Section[],
): Promise<string> {
  const version = textVersion(kind, joinSections(sections));
  await kit.vault.write(tx, groupId, { [vaultField(kind, version)]: JSON.stringify(sections) });
  return version;
}

/**
 * Keeps the words of a text that people are told, where they are not kept yet: those of a notice nobody published are made anew of what is
 * known of the group, and what people were told has to stay readable whatever the group says tomorrow (LD-11).
 */
export async function keepTold(
  kit: Pick<ServiceKit, 'vault'>,
  tx: Transaction,
  groupId: string,
  kind: TextKind,
  { version, sections }: Text,
): Promise<void> {
  if (!(await textOf(kit, tx, groupId, kind, version))) await keepText(kit, tx, groupId, kind, sections);
}

const FIELDS = 'text.fields';

/** The group's own words for the fields of model texts; none where none were stated. */
export async function fieldsOf(kit: Pick<ServiceKit, 'vault'>, tx: Transaction, groupId: string): Promise<TextFields> {
  const { [FIELDS]: kept } = await kit.vault.read(tx, groupId, [FIELDS]);
  return kept.state === 'value' ? (JSON.parse(kept.value) as TextFields) : {};
}

/** Keeps the group's words for fields, over what was there. */
export async function keepFields(kit: Pick<ServiceKit, 'vault'>, tx: Transaction, groupId: string, fields: TextFields) {
  const all = { ...(await fieldsOf(kit, tx, groupId)), ...fields };
  await kit.vault.write(tx, groupId, { [FIELDS]: JSON.stringify(all) });
  return all;
}

const vaultField = (kind: TextKind, version: string) => `text.${kind}.${version}`;
