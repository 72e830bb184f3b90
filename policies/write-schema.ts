/** Prints the policy schema to `policies/profile.schema.json`. Run from the root, after a build, when a parameter changes. */
import { writeFileSync } from 'node:fs';
import { profileSchema } from '../libs/domain/policy/schema.js';

writeFileSync('policies/profile.schema.json', `${JSON.stringify(profileSchema, null, 2)}\n`);
