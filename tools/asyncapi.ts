/** Prints `docs/asyncapi.yaml`, the AsyncAPI 3.0 document of every event on the bus, from the one event language. */
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type EventType, eventTypes, Id, Instant, type Source, Term } from '#events';

const topics: Record<Source, string> = {
  gateway: 'Whose installation it is, which rules are in force, and who looked.',
  membership: 'Who belongs to which group, who has to leave it and by when.',
  consent: 'What a person was told and agreed to, and how they took it back.',
  retention: 'How long things are kept, and the word that they went.',
  feeds: 'What HR and CRM systems that speak Kafka tell Rollcall. What cannot be read is set aside, with the reason.',
};
const sources = Object.keys(topics) as Source[];

const introduction = `CloudEvents 1.0 in Kafka's binary mode: attributes in the \`ce_\` headers, JSON in UTF-8 as the value.
Delivery is at least once, in order for each key; \`ce_id\` tells a repeated delivery.
A topic may still hold messages of an earlier version of a type, under that version's name.
While tracing is on, a message of a service has the W3C header \`traceparent\` too; its trace is the case.
The events of the services hold no personal data: ids name rows, never people.`;

const exactly = { type: 'object', additionalProperties: false };
const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });
const reference = (place: string) => ({ $ref: `#/components/${place}` });

const cloudEvent = {
  'content-type': { const: 'application/json' },
  ce_specversion: { const: '1.0' },
  ce_source: text('Who says it; with `ce_id` it names the statement.'),
  ce_tenantid: { ...Id, description: 'The organisation.' },
  ce_type: text('The event type with its version.'),
};

const headersOfServices = {
  ...cloudEvent,
  ce_id: { ...Id, description: 'The event, whatever the delivery.' },
  ce_subject: text('The stream: category, dash, id.'),
  ce_partitionkey: text('As `ce_subject`.'),
  ce_time: { ...Instant, description: 'When it happened, by the source’s own account.' },
  ce_datacontenttype: { const: 'application/json' },
  ce_streamversion: text('Place in its stream, from 1.', { pattern: '^[1-9][0-9]*$' }),
  ce_position: text('Place in the order of everything this service recorded, from 1.', { pattern: '^[1-9][0-9]*$' }),
};

const headersOfFeeds = {
  ...cloudEvent,
  ce_id: text('The source’s own id of the statement: sent again, it is known.', { minLength: 1 }),
  ce_time: {
    ...Instant,
    description: 'When the source stated it: of two statements about one thing the later counts.',
  },
};

const context = {
  occurredAt: { ...Instant, description: 'When it happened, by the source’s own account.' },
  recordedAt: { ...Instant, description: 'When it was recorded.' },
  actor: {
    ...exactly,
    description: 'Who did it: a key, a person, a feed, or a process of Rollcall.',
    required: ['kind', 'id'],
    properties: {
      kind: { enum: ['key', 'person', 'feed', 'system'] },
      id: text('The id of a key or person, or the name of a process.'),
      onBehalfOf: text('The person it acted for.'),
    },
  },
  correlationId: { ...Id, description: 'The case: shared by all that one outside fact led to.' },
  causationId: { ...Id, description: 'The event that led to this one.' },
  rules: {
    type: 'array',
    description: 'The rules it was decided under.',
    items: {
      ...exactly,
      required: ['profile', 'parameter', 'obligations'],
      properties: {
        profile: text('Policy profile and version, `political-party@1`.'),
        parameter: Term,
        obligations: { type: 'array', items: Term },
      },
    },
  },
};

/** The document for these event types, as a value. */
export function asyncapi(types: readonly EventType[]): object {
  const channels = sources.map((source) => [`rollcall.${source}`, channel(source, types)]);
  const operations = sources.map((source) => [
    source === 'feeds' ? 'receiveFeeds' : `send${source[0]!.toUpperCase()}${source.slice(1)}`,
    {
      action: source === 'feeds' ? 'receive' : 'send',
      channel: { $ref: `#/channels/rollcall.${source}` },
      summary: topics[source],
    },
  ]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rollcall events',
      version: '1.0.0',
      description: introduction,
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries(operations),
    components: {
      messages: Object.fromEntries(types.map((type) => [type.type, message(type)])),
      schemas: {
        headersOfServices: headers(headersOfServices),
        headersOfFeeds: headers(headersOfFeeds),
        context: {
          type: 'object',
          required: ['occurredAt', 'recordedAt', 'actor', 'correlationId'],
          properties: context,
        },
      },
    },
  };
}

/** The text of `docs/asyncapi.yaml`. */
export function asyncapiYaml(): string {
  const document = JSON.parse(JSON.stringify(asyncapi(eventTypes()))) as object;
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}

function channel(source: Source, types: readonly EventType[]): object {
  const own = types.filter(({ service }) => service === source);
  return {
    address: `rollcall.${source}`,
    description: topics[source],
    messages: Object.fromEntries(own.map(({ type }) => [type, reference(`messages/${type}`)])),
  };
}

function message({ type, service, name, description, schema }: EventType): object {
  const isFeed = service === 'feeds';
  const key = isFeed
    ? text('Any; best the same for all statements about one person, and nothing personal.')
    : text('The stream, as `ce_subject`.');
  const shared = reference(`schemas/${isFeed ? 'headersOfFeeds' : 'headersOfServices'}`);
  const payload = { type: 'object', required: ['data'], properties: { data: schema } };
  return {
    name: type,
    title: name,
    summary: description,
    headers: { allOf: [shared, { type: 'object', properties: { ce_type: { const: type } } }] },
    payload: isFeed ? schema : { allOf: [reference('schemas/context'), payload] },
    bindings: { kafka: { key, bindingVersion: '0.5.0' } },
  };
}

function headers(properties: object): object {
  return { type: 'object', required: Object.keys(properties), properties };
}

if (import.meta.main) writeFileSync('docs/asyncapi.yaml', asyncapiYaml());
