import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { resolvePolicy } from '../policy/policy.js';
import { consentTerms, refusalTerms } from './terms.js';

const party = loadProfiles().get('political-party')!;
const policy = resolvePolicy(party, party.groupTypes[0]!.id);

describe('what a policy says of consent', () => {
  it('[LD-10][LD-11] names the methods and the notice items, with the rules they come from', () => {
    const { allowedMethods, requiredItems, rules } = consentTerms(policy);
    expect(allowedMethods).toEqual(['verbal', 'written', 'link_opt_in']);
    expect(requiredItems).toEqual(['purpose', 'duration']);
    expect(rules.flatMap(({ obligations }) => obligations)).toEqual(expect.arrayContaining(['LD-10', 'LD-11']));
  });

  it('[LD-13] asks for another channel where the profile has one', () => {
    const { needsAlternative, rules } = refusalTerms(policy);
    expect(needsAlternative).toBe(true);
    expect(rules.flatMap(({ obligations }) => obligations)).toContain('LD-13');
  });
});
