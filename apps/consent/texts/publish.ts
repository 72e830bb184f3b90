import {
  agreement,
  briefing,
  checkText,
  linkFault,
  owedOnStart,
  requiredKinds,
  ruleOf,
  texts,
  type ResolvedPolicy,
  type Section,
  type TextFacts,
  type TextFault,
  type TextKind,
} from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import { timeZone, type ServiceKit } from '#nest';
import { briefingId } from '../agreements/briefing-stream.js';
import { groupFacts } from './group-facts.js';
import { currentText, fieldsOf } from './texts.read-model.js';

/** A text as somebody wants it to be, with what they say about it. */
export interface Draft {
  readonly groupId: string;
  readonly kind: TextKind;
  readonly sections: readonly Section[];
  readonly names: readonly string[];
  readonly attested: readonly string[];
}

/** Who asks for what, when it happened and under which policy. */
export interface Publishing {
  readonly kit: ServiceKit;
  readonly tx: Transaction;
  readonly cause: Cause;
  readonly policy: ResolvedPolicy;
  readonly occurredAt: string;
  readonly expectedVersion?: number | undefined;
}

/** What keeps a draft from being used; empty when nothing does. */
export async function faultsOf(
  { kit, tx, policy }: Pick<Publishing, 'kit' | 'tx' | 'policy'>,
  draft: Draft,
): Promise<TextFault[]> {
  const { groupId, kind, sections, names, attested } = draft;
  const { organisation, agreementLink, website } = await fieldsOf(kit, tx, groupId);
  const hasAgreement = kind !== 'agreement' && (await currentText(kit, tx, groupId, 'agreement')) !== undefined;
  const facts: TextFacts = {
    ...(await groupFacts(tx, groupId)),
    ...(organisation ? { organisation } : {}),
    ...(website ? { website } : {}),
    ...(hasAgreement && agreementLink ? { agreementLink } : {}),
    names,
    attested,
  };
  const faults = checkText(policy, kind, sections, facts);
  if (kind !== 'agreement' || !isLinked(policy)) return faults;
  const because = linkFault(agreementLink ?? '', website);
  const rule = ruleOf(policy, 'description_items');
  return because === undefined ? faults : [...faults, { item: 'agreement_link', where: 'fields', because, rule }];
}

/** Where the description has to link the agreement, it must be somewhere to link to (AMZ-015). */
const isLinked = (policy: ResolvedPolicy) => policy.parameters.description_items.value.includes('agreement_link');

/** Records a text as good, or refuses it; the words are kept by the caller. */
export async function submit(
  at: Publishing,
  draft: Draft,
  version: string,
  faults: readonly TextFault[],
): Promise<Outcome> {
  const { groupId, kind, sections, names, attested } = draft;
  const parameter = kind === 'name' ? 'name_rule' : kind === 'agreement' ? 'agreement_topics' : 'description_items';
  const rules = kind === 'name' || kind === 'agreement' || kind === 'description' ? [ruleOf(at.policy, parameter)] : [];
  const topics = sections.map(({ topic }) => topic);
  const data = { groupId, kind, version, topics, attested: [...attested], names: [...names], faults, rules };
  const { occurredAt, expectedVersion } = at;
  const [outcome] = await at.kit.commands.execute(at.tx, texts, at.cause, [
    { id: groupId, command: { name: 'Submit', data }, occurredAt, expectedVersion },
  ]);
  return outcome!;
}

/** Makes a good text the one the group goes by; an agreement starts the clock of its circulation, a complete group its welcome. */
export async function publish(at: Publishing, groupId: string, kind: TextKind, version: string): Promise<Outcome[]> {
  const { kit, tx, cause, policy, occurredAt } = at;
  const data = { groupId, kind, version, required: requiredKinds(policy), rules: [] };
  const [published] = await kit.commands.execute(tx, texts, cause, [
    { id: groupId, command: { name: 'Publish', data }, occurredAt },
  ]);
  if (published!.refusal) return [published!];
  const more: Outcome[] = [];
  if (kind === 'agreement') {
    const interval = {
      every: policy.parameters.agreement_recirculate_every.value,
      timeZone: await timeZone(tx),
      rules: [ruleOf(policy, 'agreement_recirculate_every')],
    };
    const command = { name: 'Publish' as const, data: { groupId, version, ...interval } };
    more.push(...(await kit.commands.execute(tx, agreement, cause, [{ id: groupId, command, occurredAt }])));
  }
  if (published!.events.some(({ name }) => name === 'GroupTextsComplete')) more.push(...(await start(at, groupId)));
  return [published!, ...more];
}

async function start({ kit, tx, cause, policy, occurredAt }: Publishing, groupId: string): Promise<Outcome[]> {
  const owed = owedOnStart(policy, { at: occurredAt, timeZone: await timeZone(tx) });
  if (!owed) return [];
  return kit.commands.execute(tx, briefing, cause, [
    { id: briefingId(groupId), command: { name: 'Owe', data: { groupId, ...owed } }, occurredAt },
  ]);
}
