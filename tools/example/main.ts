import { randomUUID } from 'node:crypto';
import { Client, forEach, settled } from './client.js';
import { forget, timesEnd } from './ending.js';
import { readInput, type Input } from './input.js';
import { joinByInvitation } from './invitation.js';
import { report } from './report.js';
import { comesClean } from './roster.js';

/** Everything the example knows by a name of its own, and the id Rollcall has for it. */
export interface Ids {
  readonly people: Map<string, string>;
  readonly groups: Map<string, string>;
  readonly activities: Map<string, string>;
}

const NOTICE = { noticeVersion: 'notice-1', items: ['purpose', 'duration'] };
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Loads the example into an organisation of its own, through the public API like anybody else. */
async function load(operator: Client, input: Input): Promise<{ client: Client; ids: Ids }> {
  const { adminKey } = await operator.post<{ adminKey: { key: string } }>('/v1/organisations', {
    name: 'Example Party, Littleborough',
  });
  const client = operator.with(adminKey.key);
  const ids: Ids = { people: new Map(), groups: new Map(), activities: new Map() };
  say('An organisation under the political-party profile');
  await client.post('/v1/profiles/political-party/activate', {});
  // The export is a month old; what the feed says since then is newer.
  const asOf = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const imported = await client.post<{ accepted: number; rejected: unknown[] }>(
    `/v1/people/import?source=crm&asOf=${asOf}`,
    input.crm,
    'text/csv',
  );
  say(`  CRM export: ${imported.accepted} people, ${imported.rejected.length} rows rejected`);
  await settled(operator);
  await forEach('people looked up', [...input.names.keys()], async (crmId) => {
    const { items } = await client.get<{ items: { personId: string }[] }>(
      `/v1/people?link=${encodeURIComponent(`crmId:${crmId}`)}`,
    );
    ids.people.set(crmId, items[0]!.personId);
  });
  await loadGroups(client, input, ids);
  await settled(operator);
  await loadConsents(client, input, ids);
  await settled(operator);
  await loadRosters(client, input, ids);
  await settled(operator);
  return { client, ids };
}

async function loadGroups(client: Client, input: Input, ids: Ids): Promise<void> {
  for (const { key, ...activity } of input.activities) {
    ids.activities.set(key, randomUUID());
    await client.post('/v1/activities', { activityId: ids.activities.get(key), ...activity });
  }
  await forEach('groups', input.groups, async ({ key, activity, admins, ...group }) => {
    const body = {
      ...group,
      admins: admins.map((crmId) => ids.people.get(crmId)),
      ...(activity ? { activityId: ids.activities.get(activity) } : {}),
    };
    ids.groups.set(key, (await client.post<{ groupId: string }>('/v1/groups', body)).groupId);
  });
}

async function loadConsents(client: Client, input: Input, ids: Ids): Promise<void> {
  await forEach('consents', input.consents, async ({ group, person, method, givenAt }) => {
    const about = { personId: ids.people.get(person), groupId: ids.groups.get(group), occurredAt: givenAt };
    await client.post('/v1/consents/notices', { ...about, ...NOTICE });
    await client.post('/v1/consents', {
      ...about,
      scope: ['group_membership'],
      purpose: 'party_activity',
      method,
      noticeVersion: NOTICE.noticeVersion,
    });
  });
}

async function loadRosters(client: Client, input: Input, ids: Ids): Promise<void> {
  const takenAt = new Date(Date.now() - 1_000).toISOString();
  await forEach('rosters', input.groups, async ({ key }) => {
    await client.post(`/v1/groups/${ids.groups.get(key)}/rosters?takenAt=${takenAt}`, input.roster(key), 'text/csv');
  });
}

interface Taken {
  readonly accepted: number;
  readonly duplicates: number;
  readonly unchanged: number;
  readonly rejected: readonly { index: number; field: string; rule: string }[];
}

async function feed(client: Client, events: readonly object[]): Promise<void> {
  const { accepted, duplicates, unchanged, rejected } = await client.post<Taken>(
    '/v1/feeds',
    JSON.stringify(events),
    'application/cloudevents-batch+json',
  );
  say(
    `  feed: ${events.length} statements, ${accepted} taken, ${duplicates} sent before, ${unchanged} changed nothing, ${rejected.length} rejected`,
  );
  for (const { index, field, rule } of rejected) say(`        statement ${index}: ${field} ${rule}`);
}

const url = process.env['ROLLCALL_URL'] ?? 'http://127.0.0.1:3000';
const key = process.env['ROLLCALL_KEY'];
try {
  if (!key) throw new Error('Set ROLLCALL_KEY to the access key that npm start printed');
  const operator = new Client(url, key);
  const input = readInput(Date.now());
  const { client, ids } = await load(operator, input);
  for (const events of input.deliveries) {
    await feed(client, events);
    await settled(operator);
  }
  const [group] = input.groups;
  await joinByInvitation(client, ids.groups.get(group!.key)!, () => settled(operator));
  await report(client, input, ids);
  const settle = () => settled(operator);
  const watched = input.groups.find((one) => one.key === 'g02')!;
  await comesClean(client, { groupId: ids.groups.get(watched.key)!, name: watched.name }, settle);
  await timesEnd(client, ids.groups.get(group!.key)!, settle);
  await forget(client, settle);
  say(`\nEverything else is in the API: ${url}/docs`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
