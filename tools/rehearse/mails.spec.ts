import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openMailbox, type Mailbox } from '../../apps/consent/messages/testing.js';
import { playAll } from './play.js';
import { readRehearsal } from './read.js';
import { inLines, tally } from './report.js';
import { startSystem, type System } from './systems.js';

const FILE = 'mails-go-out.yaml';
const stories = readRehearsal(FILE, readFileSync(join(import.meta.dirname, '..', '..', 'rehearsals', FILE), 'utf8'));

let mailbox: Mailbox;
let system: System;
beforeAll(async () => {
  mailbox = await openMailbox();
  system = await startSystem('standalone', stories[0]!.start, mailbox.env);
}, 180_000);
afterAll(async () => {
  await system.stop();
  await mailbox.close();
});

it('[LD-12] [LD-27] the mails of a story reach a real mail server, each once, from a process of its own', async () => {
  const reports = await playAll(stories, system);
  expect(tally(reports).failed > 0 ? reports.map(inLines).join('\n') : '').toBe('');
  for (let tries = 0; mailbox.mails.length < 3 && tries < 200; tries++) await delay(50);
  expect(mailbox.mails.map(({ recipients }) => recipients)).toEqual(
    Array.from({ length: 3 }, () => ['rosa@members.example']),
  );
  // The story's weeks pass in a moment: which mail the server takes first is chance.
  const texts = mailbox.mails.map(({ text }) => text!);
  const [owed, round] = texts.filter((text) => text.includes('What is not acceptable'));
  expect(owed).toBe(round);
  const [invitation] = texts.filter((text) => text !== owed);
  expect(invitation).toMatch(/http:\/\/\S+\/i\/[\w-]{43,}/);
  expect(new Set(mailbox.mails.map(({ messageId }) => messageId)).size).toBe(3);
}, 180_000);
