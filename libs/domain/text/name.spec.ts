import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { resolvePolicy } from '../policy/policy.js';
import { checkName } from './name.js';

const policy = (groupType: string) => resolvePolicy(loadProfiles().get('parent-carer-charity')!, groupType);
const items = (groupType: string, name: string, official: boolean) =>
  checkName(policy(groupType), name, { official }).map(({ item }) => item);

describe('the name of an official group', () => {
  it.each([
    ['[AMZ-006] of users', 'users', 'Parents of under-fives'],
    ['[AMZ-045] of staff', 'staff-only', 'Office team'],
    ['[AMZ-074] of a forum', 'forum-steering', 'Steering group'],
  ])('%s is refused where nothing in it shows whose it is', (_, groupType, name) => {
    expect(items(groupType, name, true)).toEqual(['official_marker']);
    expect(items(groupType, `PaCC: ${name}`, true)).toEqual([]);
    expect(checkName(policy(groupType), name, { official: true })[0]).toMatchObject({
      where: 'text',
      rule: {
        profile: 'parent-carer-charity@1',
        parameter: 'name_rule',
        obligations: expect.arrayContaining(['AMZ-006']),
      },
    });
  });
});

describe('the name of an unofficial group', () => {
  const fine = 'Unofficial parents’ chat (no moderator)';

  it.each([
    ['[AMZ-042]', 'Amaze'],
    ['[AMZ-069]', 'amazing futures'],
    ['[AMZ-081]', 'PACC'],
    ['[AMZ-081]', 'espcf'],
  ])('%s is refused with %s in it', (_, term) => {
    expect(items('unofficial', `${fine} ${term}`, false)).toContain('reserved_terms');
  });

  it.each(['A m a z e', 'A.maze', 'Ámaze', 'ＡＭＡＺＥ', 'A\u200Bmaze', 'AmazeParents', '💜Amaze💜'])(
    '[AMZ-042] is refused in the spelling %s as well',
    (spelling) => {
      expect(items('unofficial', `${fine} ${spelling}`, false)).toContain('reserved_terms');
    },
  );

  it('[AMZ-042] may hold a word in which the letters only happen to follow each other', () => {
    expect(items('unofficial', `${fine} Kappa CC`, false)).toEqual([]);
  });

  it.each([
    ['[AMZ-068] [AMZ-072]', 'Parents’ chat, no moderator', 'unofficial_marker'],
    ['[AMZ-080] [AMZ-072]', 'Unofficial parents’ chat', 'no_moderator_statement'],
  ])('%s is refused as %s: it lacks %s', (_, name, item) => {
    expect(items('unofficial', name, false)).toEqual([item]);
    expect(items('unofficial', fine, false)).toEqual([]);
  });
});
