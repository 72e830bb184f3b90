import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { agreement, fields } from '../invitations/testing.js';
import { openParty, type Party } from '../testing.js';

let party: Party;
beforeAll(async () => {
  party = await openParty();
});
afterAll(() => party.app.close());

const activate = async (overrides: object) => {
  await party.done('/v1/profiles/political-party/activate', { overrides: { '*': overrides } });
  await party.app.settle();
};
const judged = async () =>
  (
    await party.app.asOwner<{ type: string }>(
      "select type from consent.events where stream_id = $1 and type like '%GroupTexts%' order by version",
      [`texts-${party.groupId}`],
    )
  ).map(({ type }) => type.split('.')[2]);

it('[AMZ-101] a group’s texts are judged again when another policy comes into force', async () => {
  await party.done('/v1/texts/fields', { groupId: party.groupId, fields });
  const topics = { agreement_topics: ['unacceptable_behaviour', 'consequences'] };
  await activate(topics);
  await party.done('/v1/texts', { groupId: party.groupId, kind: 'agreement', sections: agreement, publish: true });
  await party.app.settle();
  expect(await judged()).toEqual(['GroupTextsComplete']);
  await activate({ ...topics, description_items: ['organisation'] });
  expect(await judged()).toEqual(['GroupTextsComplete', 'GroupTextsIncomplete']);
  await activate(topics);
  expect((await judged()).at(-1)).toBe('GroupTextsComplete');
});
