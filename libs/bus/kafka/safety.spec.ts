import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { startBroker, type Broker } from '../../testing/kafka.js';
import { weaknesses } from './index.js';
import { weaknessesOf, type BrokerFacts, type TopicFacts } from './safety.js';

const DAY = 86_400_000;
const KEEP = 7 * DAY;

const settings = {
  'min.insync.replicas': '2',
  'unclean.leader.election.enable': 'false',
  'cleanup.policy': 'delete',
  'retention.ms': String(KEEP),
  'retention.bytes': '-1',
};
const topic = (more: Partial<TopicFacts> = {}): TopicFacts => ({
  name: 'rollcall.consent',
  replicas: 3,
  settings,
  isInbound: false,
  ...more,
});
const found = (more: Partial<TopicFacts> = {}, autoCreate: string | undefined = 'false') => {
  const facts: BrokerFacts = { topics: [topic(more)], autoCreate: new Map([['1', autoCreate]]) };
  return weaknessesOf(facts, KEEP);
};
const having = (changed: Record<string, string>) => found({ settings: { ...settings, ...changed } });

describe('brokers', () => {
  it('[R15] are safe with three replicas, two in sync, no unclean leader, no topics by accident and the time agreed', () => {
    expect(found()).toEqual([]);
    expect(having({ 'retention.ms': '-1' })).toEqual([]);
  });

  it.each([
    ['two replicas', () => found({ replicas: 2 }), /2 of 3 copies.*KAFKA_REPLICATION=3/],
    ['one replica in sync', () => having({ 'min.insync.replicas': '1' }), /add-config min\.insync\.replicas=2/],
    ['an unclean leader', () => having({ 'unclean.leader.election.enable': 'true' }), /unclean.*=false/],
    ['compaction', () => having({ 'cleanup.policy': 'compact' }), /only the last message.*cleanup\.policy=delete/],
    [
      'too short a time',
      () => having({ 'retention.ms': String(DAY) }),
      /kept for 1 days, 7 days are agreed.*retention\.ms=604800000/,
    ],
    ['a limit in bytes', () => having({ 'retention.bytes': '1000' }), /retention\.bytes is 1000.*retention\.bytes=-1/],
    [
      'topics made by accident',
      () => found({}, 'true'),
      /Broker 1: auto\.create\.topics\.enable is true.*Set it to false/,
    ],
    ['settings nobody may read', () => found({ settings: undefined }), /cannot be read.*DescribeConfigs/],
  ])('[R15] are not safe with %s, and it is said what to do', (_, look, said) => {
    expect(look()).toEqual([expect.stringMatching(said)]);
  });

  it('[R15] may keep a topic of others for a short time only: it holds personal identifiers', () => {
    expect(found({ isInbound: true, settings: { ...settings, 'retention.ms': '60000' } })).toEqual([]);
  });
});

describe('a real broker', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker();
  }, 300_000);
  afterAll(() => broker.stop());

  it('[R15] is read: what of a topic falls short is found, what does not is not', async () => {
    const admin = new kafkajs.Kafka({ brokers: broker.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    const [ours, bad] = [`safety-${randomUUID()}`, `safety-${randomUUID()}`];
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: bad,
          configEntries: [
            { name: 'retention.ms', value: String(DAY) },
            { name: 'cleanup.policy', value: 'compact' },
            { name: 'unclean.leader.election.enable', value: 'true' },
          ],
        },
      ],
    });
    await admin.disconnect();
    const options = { brokers: broker.brokers, clientId: 'spec', log: () => undefined };
    const look = (name: string) => weaknesses(options, { topics: [name], inbound: [], keep: KEEP });
    expect(await look(bad)).toEqual([
      expect.stringContaining('1 of 3 copies'),
      expect.stringContaining('min.insync.replicas is 1'),
      expect.stringContaining('unclean.leader.election.enable is not false'),
      expect.stringContaining('cleanup.policy is compact'),
      expect.stringContaining('kept for 1 days'),
    ]);
    // Made by us on one broker: only what one broker cannot give is missing.
    expect(await look(ours)).toEqual([
      expect.stringContaining('1 of 3 copies'),
      expect.stringContaining('min.insync.replicas is 1'),
    ]);
  });
});
