import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { resolvePolicy, unsetParameters } from '../policy/policy.js';
import { retentionRules } from './terms.js';

const councils = loadProfiles().get('district-councils')!;
const emergency = resolvePolicy(councils, unsetParameters(councils)[0]!.groupType);

describe('what a policy says of keeping and deleting', () => {
  it('[BR-57][BR-59] is named by the rules of how long and of who deletes', () => {
    const rules = retentionRules(emergency);
    expect(rules.map(({ parameter }) => parameter)).toEqual(['retention_period', 'deletion_by']);
    expect(rules.flatMap(({ obligations }) => obligations)).toEqual(expect.arrayContaining(['BR-57', 'BR-59']));
  });
});
