import { consentTerms, requiredKinds, ruleOf, type ResolvedPolicy, type TextKind } from '#domain';
import type { Transaction } from '#eventsourcing';
import { type Answer, invalid, type Neighbours, refused, type ServiceKit } from '#nest';
import { groupClosedAt } from '../consents/lasting.js';
import { currentText } from '../texts/texts.read-model.js';

/**
 * Why nobody can be asked to join the group yet, as the page of an invitation would find: it is closed, its notice lacks what the policy
 * requires (LD-11), the agreement people have to read is not published (LD-28), or another text without which nobody is let in. Undefined
 * where nothing is missing.
 */
export async function notReady(
  kit: ServiceKit,
  tx: Transaction,
  groupId: string,
  policy: ResolvedPolicy,
): Promise<Answer | undefined> {
  if (await groupClosedAt(tx, groupId)) return refused('GroupClosed', 'The group is closed.');
  const { requiredItems, rules } = consentTerms(policy);
  const notice = await currentText(kit, tx, groupId, 'notice');
  const lacking = requiredItems.filter((item) => !notice?.items.includes(item));
  if (lacking.length > 0)
    return refused('NoticeIncomplete', `The group’s notice does not say: ${lacking.join(', ')}. ${REMEDY}`, rules);
  const unpublished: TextKind[] = [];
  for (const kind of requiredKinds(policy)) if (!(await currentText(kit, tx, groupId, kind))) unpublished.push(kind);
  if (unpublished.includes('agreement'))
    return refused(
      'AgreementMissing',
      'Publish the group’s agreement first: people have to read it before they can say yes (POST /v1/texts, kind agreement).',
      [ruleOf(policy, 'agreement_topics')],
    );
  if (unpublished.length === 0) return undefined;
  const because = `Publish what the group still lacks first, nobody is let in before: ${unpublished.join(', ')} (POST /v1/texts).`;
  return refused(
    'TextsMissing',
    because,
    (['name_rule', 'description_items', 'welcome_on'] as const).map((name) => ruleOf(policy, name)),
  );
}

const REMEDY =
  'State what is open (POST /v1/texts/fields; GET /v1/texts/suggested?kind=notice names the fields), or publish a notice of your own.';

/** Asks membership, whose register it is, whether somebody is in it. Throws the 400 that names the field, and the 503 where nobody answers. */
export async function requirePerson(neighbours: Neighbours, tenantId: string, personId: string): Promise<void> {
  const path = '/v1/services/membership/names';
  const asked = { ids: [personId], groupIds: [] };
  const by = { system: 'consent.invitations' };
  const { body } = await neighbours.ask<{ people?: readonly object[] }>(
    'membership',
    tenantId,
    'POST',
    path,
    asked,
    by,
  );
  if (!body.people?.length) throw invalid([{ field: 'body/personId', rule: 'must be somebody who is registered' }]);
}
