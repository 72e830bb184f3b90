import type { Client } from './client.js';

const say = (line: string) => process.stdout.write(`${line}\n`);

type Listed<T> = { readonly items: readonly T[]; readonly next: string | null };

/** Somebody looks at who is in the group once more: whoever had to go is gone, and nobody is there that nobody knows. */
export async function comesClean(
  client: Client,
  group: { readonly groupId: string; readonly name: string },
  settle: () => Promise<void>,
): Promise<void> {
  const path = `/v1/groups/${group.groupId}`;
  const orders = async () => {
    const { items } = await client.get<Listed<{ personId: string; state: string }>>(
      `/v1/removal-orders?groupId=${group.groupId}&limit=200`,
    );
    return items.filter(({ state }) => state === 'open' || state === 'overdue').map(({ personId }) => personId);
  };
  const unknown = async () => (await client.get<Listed<object>>(`${path}/discrepancies?state=open`)).items.length;
  const tell = async (when: string) =>
    say(`  ${when.padEnd(10)} ${(await orders()).length} who must be out, ${await unknown()} unknown`);
  say(`\nThe roster of ${group.name}\n`);
  await tell('today');
  const leaving = new Set(await orders());
  const { items: members } = await client.get<Listed<{ personId: string }>>(`${path}/members?limit=500`);
  await client.post(`${path}/rosters`, {
    takenAt: new Date().toISOString(),
    participants: members.filter(({ personId }) => !leaving.has(personId)).map(({ personId }) => ({ personId })),
  });
  await settle();
  await tell('next look');
}
