/** What an access key may be allowed to do, a word for each role. */
export const scopes = [
  'operator',
  'admin',
  'moderator',
  'compliance',
  'auditor',
  'member',
  'feed:hr',
  'feed:crm',
] as const;
export type Scope = (typeof scopes)[number];
