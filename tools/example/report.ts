import type { Client } from './client.js';
import type { Input } from './input.js';
import type { Ids } from './main.js';

interface Order {
  readonly taskId: string;
  readonly groupId: string;
  readonly personId: string;
  readonly trigger: string;
  readonly dueAt: string;
  readonly state: string;
  readonly alreadyOverdue: boolean;
}
interface HistoryItem {
  readonly name: string;
  readonly service: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly rules?: readonly { parameter: string; obligations: readonly string[] }[];
  readonly data: Record<string, unknown>;
}
type Page<T> = { readonly items: T[]; readonly next: string | null };

const say = (...lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`);
const local = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const time = (instant: string) => local.format(new Date(instant));

/** Prints what happened: who must be out of which group by when, what is overdue, who is unknown, and one person's history. */
export async function report(client: Client, input: Input, ids: Ids): Promise<void> {
  const people = new Map(
    [...ids.people].map(([crmId, personId]) => [personId, `${input.names.get(crmId)} (${crmId})`]),
  );
  const groups = new Map(input.groups.map(({ key, name }) => [ids.groups.get(key)!, name]));
  const orders = [
    ...(await all<Order>(client, '/v1/removal-orders?state=open')),
    ...(await all<Order>(client, '/v1/removal-orders?state=overdue')),
  ];
  const by = (name: string) =>
    orders
      .filter(({ personId }) => people.get(personId) === name)
      .sort((a, b) => (groups.get(a.groupId) ?? '').localeCompare(groups.get(b.groupId) ?? ''));
  const names = [...new Set(orders.map(({ personId }) => people.get(personId) ?? 'somebody'))].sort();
  say('', `Must be out (${orders.length} removal orders for ${names.length} people; times are London's)`, '');
  for (const name of names) {
    for (const { groupId, trigger, dueAt, state, alreadyOverdue } of by(name)) {
      const overdue = state === 'overdue' ? `OVERDUE${alreadyOverdue ? ', reported too late' : ''}` : '';
      say(
        `  ${name.padEnd(32)} ${(groups.get(groupId) ?? '').padEnd(23)} ${trigger.padEnd(16)} by ${time(dueAt).padEnd(22)} ${overdue}`,
      );
    }
  }
  await unknown(client, groups);
  say('', 'What the feed was made to show', '');
  for (const [what, crmIds] of Object.entries(input.story)) {
    for (const crmId of crmIds) {
      const mine = orders.filter(({ personId }) => personId === ids.people.get(crmId));
      const overdue = mine.filter(({ state }) => state === 'overdue').length;
      say(
        `  ${what.padEnd(22)} ${(input.names.get(crmId) ?? '').padEnd(24)} ${mine.length} orders${overdue > 0 ? `, ${overdue} overdue` : ''}`,
      );
    }
  }
  const [late] = input.story['rehired'] ?? [];
  if (late)
    await oneHistory(client, ids.people.get(late)!, `${input.names.get(late)} (${late}), who left and came back`);
}

async function unknown(client: Client, groups: ReadonlyMap<string, string>): Promise<void> {
  say('', 'In a group, and nobody knows who they are', '');
  for (const [groupId, name] of groups) {
    const { items } = await client.get<Page<{ dueAt: string; value: { value?: string } }>>(
      `/v1/groups/${groupId}/discrepancies?state=open`,
    );
    for (const { dueAt, value } of items)
      say(`  ${(value.value ?? '').padEnd(32)} ${name.padEnd(24)} find out or remove by ${time(dueAt)}`);
  }
}

async function oneHistory(client: Client, personId: string, who: string): Promise<void> {
  say('', `The history of ${who}`, '');
  for (const { name, occurredAt, recordedAt, service, rules } of await all<HistoryItem>(
    client,
    `/v1/history?personId=${personId}&order=asc`,
  )) {
    const late = Date.parse(recordedAt) - Date.parse(occurredAt) > 86_400_000 ? ` (recorded ${time(recordedAt)})` : '';
    const why = rules?.map(({ parameter, obligations }) => `${parameter} ${obligations.join(' ')}`).join('; ') ?? '';
    say(`  ${time(occurredAt).padEnd(22)} ${service.padEnd(11)} ${name.padEnd(24)} ${why}${late}`);
  }
}

async function all<T>(client: Client, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page<T> = await client.get(`${path}&limit=200${cursor ? `&cursor=${cursor}` : ''}`);
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}
