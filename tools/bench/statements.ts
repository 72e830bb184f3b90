import { randomUUID } from 'node:crypto';
import type { Client } from '../example/client.js';

const statement = (type: string, subject: string, data: object) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/hr/main',
  type: `rollcall.feeds.${type}.v1`,
  time: new Date().toISOString(),
  data: { subject: { kind: 'crmId', value: subject }, category: 'member', ...data },
});
/** A source says that somebody is a member. */
export const active = (subject: string) =>
  statement('StatusReported', subject, { status: 'active', from: '2020-01-01T00:00:00Z' });
/** A source says that somebody leaves, now. */
export const leaves = (subject: string) => statement('LeaverReported', subject, { leavesAt: new Date().toISOString() });

/** Sends statements in one batch; all of them must be accepted. */
export async function feed(client: Client, statements: readonly object[]): Promise<void> {
  const taken = await client.post<{ accepted: number }>(
    '/v1/feeds',
    JSON.stringify(statements),
    'application/cloudevents-batch+json',
  );
  if (taken.accepted !== statements.length) throw new Error(`${taken.accepted} of ${statements.length} were accepted`);
}
