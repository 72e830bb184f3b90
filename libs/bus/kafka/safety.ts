import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { withAdmin } from './topics.js';

/** What a topic is like at the brokers, with whatever they say of it by default. */
export interface TopicFacts {
  readonly name: string;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  /** By Kafka's own names; undefined where we may not read them. */
  readonly settings: Readonly<Record<string, string>> | undefined;
  /** It holds what others wrote, which is not to be kept for long. */
  readonly isInbound: boolean;
}

export interface BrokerFacts {
  readonly topics: readonly TopicFacts[];
  /** Broker → `auto.create.topics.enable`; undefined where we may not read it. */
  readonly autoCreate: ReadonlyMap<string, string | undefined>;
}

const REPLICAS = 3;
const IN_SYNC = 2;
const TOPIC_SETTINGS = [
  'min.insync.replicas',
  'unclean.leader.election.enable',
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
];
const DAY = 86_400_000; // milliseconds

/** What about these brokers could lose an acknowledged message, a sentence each with what to do; empty when nothing could [R15]. `keep` is how long, in milliseconds, messages are to be kept. */
export function weaknessesOf({ topics, autoCreate }: BrokerFacts, keep: number): string[] {
  const brokers = [...autoCreate].flatMap(([broker, value]) => {
    if (value === 'false') return [];
    return value === undefined
      ? [`Broker ${broker}: its settings cannot be read. Give the service's user DescribeConfigs on the cluster.`]
      : [
          `Broker ${broker}: auto.create.topics.enable is ${value}, so that a topic lost or misspelt comes back empty. Set it to false.`,
        ];
  });
  return [...brokers, ...topics.flatMap((topic) => weaknessesOfTopic(topic, keep))];
}

function weaknessesOfTopic({ name, replicas, settings, isInbound }: TopicFacts, keep: number): string[] {
  const found: string[] = [];
  const say = (what: string, remedy: string) => found.push(`Topic ${name}: ${what}. ${remedy}`);
  const change = (setting: string) =>
    `Change it: kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${setting}`;
  if (replicas < REPLICAS)
    say(
      `${replicas} of ${REPLICAS} copies of each message, so that the loss of a broker can be the loss of messages`,
      'Give it more with kafka-reassign-partitions.sh; with KAFKA_REPLICATION=3 new topics have them.',
    );
  if (!settings) {
    say('its settings cannot be read', 'Give the service’s user DescribeConfigs on it.');
    return found;
  }
  const value = (setting: string) => settings[setting] ?? 'unknown';
  if (!(Number(value('min.insync.replicas')) >= IN_SYNC))
    say(
      `min.insync.replicas is ${value('min.insync.replicas')}, so that a message counts as safe on one broker alone`,
      change(`min.insync.replicas=${IN_SYNC}`),
    );
  if (value('unclean.leader.election.enable') !== 'false')
    say(
      'unclean.leader.election.enable is not false, so that a broker that missed messages may lead',
      change('unclean.leader.election.enable=false'),
    );
  if (value('cleanup.policy') !== 'delete')
    say(
      `cleanup.policy is ${value('cleanup.policy')}, so that only the last message of each stream would stay`,
      change('cleanup.policy=delete'),
    );
  if (!isInbound) found.push(...shortness(name, settings, keep, change));
  return found;
}

/** A consumer may be away for as long as messages are kept, and no longer. A limit in bytes keeps no promise about time. */
function shortness(
  name: string,
  settings: Readonly<Record<string, string>>,
  keep: number,
  change: (setting: string) => string,
): string[] {
  const [ms, bytes] = [Number(settings['retention.ms'] ?? 0), settings['retention.bytes'] ?? 'unknown'];
  const days = (time: number) => `${Math.round((time / DAY) * 10) / 10} days`;
  return [
    ...(ms >= 0 && ms < keep
      ? [
          `Topic ${name}: messages are kept for ${days(ms)}, ${days(keep)} are agreed. ${change(`retention.ms=${keep}`)}`,
        ]
      : []),
    ...(bytes !== '-1'
      ? [
          `Topic ${name}: retention.bytes is ${bytes}, so that messages may go before their time. ${change('retention.bytes=-1')}`,
        ]
      : []),
  ];
}

/** Reads what the brokers say of these topics, which must exist. */
export function readFacts(kafka: Kafka, topics: readonly string[], inbound: readonly string[]): Promise<BrokerFacts> {
  return withAdmin(kafka, async (admin) => {
    const [metadata, cluster] = [
      await admin.fetchTopicMetadata({ topics: [...topics] }),
      await admin.describeCluster(),
    ];
    const facts: TopicFacts[] = [];
    for (const { name, partitions } of metadata.topics)
      facts.push({
        name,
        replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        settings: await settingsOf(admin, kafkajs.ConfigResourceTypes.TOPIC, name, TOPIC_SETTINGS),
        isInbound: inbound.includes(name),
      });
    const autoCreate = new Map<string, string | undefined>();
    for (const { nodeId } of cluster.brokers) {
      const setting = 'auto.create.topics.enable';
      const settings = await settingsOf(admin, kafkajs.ConfigResourceTypes.BROKER, String(nodeId), [setting]);
      autoCreate.set(String(nodeId), settings?.[setting]);
    }
    return { topics: facts, autoCreate };
  });
}

/** Undefined where the brokers' access rules say no. */
async function settingsOf(
  admin: Admin,
  type: kafkajs.ConfigResourceTypes,
  name: string,
  configNames: string[],
): Promise<Record<string, string> | undefined> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name, configNames }],
    });
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return Object.fromEntries(entries.map((entry) => [entry.configName, entry.configValue]));
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSError && /AUTHORIZATION_FAILED/.test((error as { type?: string }).type ?? ''))
      return undefined;
    throw error;
  }
}
