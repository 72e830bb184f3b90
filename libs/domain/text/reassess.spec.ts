import { describe, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { texts } from './texts.js';

const groupId = '0192f0c1-0000-7000-8000-000000000002';
const { given } = specify(texts);
const published = (kind: 'description' | 'agreement') => record('TextPublished', { groupId, kind, version: 'v1' });
const complete = (...kinds: string[]) => record('GroupTextsComplete', { groupId, kinds });
const incomplete = (...kinds: string[]) => record('GroupTextsIncomplete', { groupId, kinds });
const reassess = (...required: ('description' | 'agreement')[]) =>
  ({ name: 'Reassess', data: { groupId, required } }) as const;

describe('the texts of a group when its policy changes', () => {
  it('[AMZ-101] lack what the new policy asks for and was never published', () => {
    given(published('description'), complete('description'))
      .when(reassess('description', 'agreement'))
      .expectEvents(incomplete('agreement'));
  });

  it('[AMZ-101] are complete for a policy that asks for less', () => {
    given(published('description')).when(reassess('description')).expectEvents(complete('description'));
  });

  it('are as they were where nothing changes, and where nothing was published', () => {
    given(published('description'), complete('description')).when(reassess('description')).expectNothing();
    given().when(reassess()).expectNothing();
    given().when(reassess('description')).expectNothing();
  });
});
