/** Makes a story's groups ready to take people in: the texts and the moderators their policy asks for. */
import type { Api } from './client.js';

const SITE = 'example.org';

/** Words for model texts that any profile accepts; where names are reserved the group has to bear one. */
function fieldsFor(name: string): object {
  const page = (path: string) => `https://www.${SITE}/${path}`;
  return {
    groupName: `${name} group`,
    organisation: name,
    purpose: 'rehearsing',
    duration: 'as long as the story lasts',
    whoMayJoin: 'the people of this story',
    moderators: 'the admins marked in the app',
    namedContact: 'the youth worker of this story',
    contact: `groups@${SITE}`,
    website: SITE,
    agreementLink: page('agreement'),
    standardLink: page('standard'),
    privacyLink: page('privacy'),
    equalityLink: page('equality'),
    policyLinks: page('policies'),
  };
}

/** Publishes the model of every text the group has to have, vouching for the words, and notes what is asked of its moderators. */
export async function prepareGroup(admin: Api, groupId: string): Promise<void> {
  const { body: policy } = await admin.get(`/v1/groups/${groupId}/policy`);
  const { name_rule, description_items } = policy['parameters'] as {
    name_rule: { value: { reserved_terms: string[] } };
    description_items: { value: string[] };
  };
  const { body: standing } = await admin.get(`/v1/texts/standing?groupId=${groupId}`);
  const required = standing['required'] as string[];
  if (required.length > 0) {
    const [name = 'Rehearsal'] = name_rule.value.reserved_terms;
    await admin.must('/v1/texts/fields', { groupId, fields: fieldsFor(name) });
  }
  // The description links the agreement, which has to be there first.
  for (const kind of required.toSorted((a, b) => Number(b === 'agreement') - Number(a === 'agreement'))) {
    const { body } = await admin.get(`/v1/texts/suggested?groupId=${groupId}&kind=${kind}`);
    const text = { groupId, kind, sections: body['sections'], attested: description_items.value, publish: true };
    await admin.must('/v1/texts', text);
  }
  const { body: moderation } = await admin.get(`/v1/groups/${groupId}/moderation`);
  for (const { personId, missing } of moderation['moderators'] as { personId: string; missing: string[] }[])
    for (const kind of missing)
      await admin.must(`/v1/groups/${groupId}/moderators/${personId}/prerequisites`, { kind });
}
