import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

// Every command of the guide: `rollcall <path> …` reads or sends with a content type, `send <path> '<json>'` sends JSON.
const commands = [...readFileSync('docs/guide/first-steps.md', 'utf8').matchAll(/`((?:send|rollcall) [^`]+)`/g)].map(
  ([, text]) => text!,
);

it('the first steps of the guide lead from an empty installation to a removal order and its proof', async () => {
  const ids: Record<string, string> = {};
  const told: string[] = [];
  expect(commands.length).toBeGreaterThan(9);
  for (const command of commands) {
    if (command.includes('feeds')) await app.moveClock('2026-01-01T10:00:00.000Z');
    const [, verb, target, type, body] = /^(\w+) "?([^\s"]+)"?(?: -H 'Content-Type: ([^']+)' -d)?(?: '(.*)')?$/s.exec(
      command,
    )!;
    const filled = (text: string) =>
      text
        .replace(/<(\w+)>/g, (_, name: string) => ids[name]!)
        .replace(/"(personId|groupId)":"…"/g, (_, name: string) => `"${name}":"${ids[name]}"`)
        .replace(/"(time|leavesAt)":"…"/g, (_, name: string) => `"${name}":"2026-01-01T09:30:00.000Z"`);
    const path = `/v1/${filled(target!)}`;
    const reply =
      body === undefined && verb === 'rollcall'
        ? await app.get(path)
        : await app.post(path, filled(body!), { headers: { 'content-type': type ?? 'application/json' } });
    expect([command, reply.status, reply.body.detail]).toEqual([command, expect.any(Number), undefined]);
    expect(reply.status).toBeLessThan(300);
    for (const name of ['personId', 'groupId']) if (typeof reply.body[name] === 'string') ids[name] = reply.body[name];
    told.push(JSON.stringify(reply.body));
    await app.settle();
  }
  expect(told.join('\n')).toMatch(/"trigger":"membership_ended"[\s\S]*MemberRemoved[\s\S]*occurred/i);
});
