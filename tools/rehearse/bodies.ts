/** What a step sends: its fields with aliases as ids and times as instants, and the forms that are more than that. */
import type { Kind, Names } from './names.js';
import { withInstants } from './times.js';

export type Fields = Readonly<Record<string, unknown>>;

/** The story an action happens in: `at` is the step's instant in UTC. */
export interface Context {
  readonly names: Names;
  readonly zone: string;
  readonly at: string;
}

/** Fields that hold an alias: what kind it is of, and what the API calls the field. */
const REFERENCES: Readonly<Record<string, readonly [Kind, string]>> = {
  person: ['person', 'personId'],
  group: ['group', 'groupId'],
  activity: ['activity', 'activityId'],
  item: ['item', 'itemId'],
  invitation: ['invitation', 'inviteId'],
  as: ['invitation', 'inviteId'],
  owner: ['person', 'ownerId'],
  recordedBy: ['person', 'recordedBy'],
  confirmedBy: ['person', 'confirmedBy'],
  attestedBy: ['person', 'attestedBy'],
  statedBy: ['person', 'statedBy'],
  admins: ['person', 'admins'],
  names: ['person', 'names'],
};

/** Fields as the API takes them: aliases become ids, times become instants. */
export function toBody(fields: unknown, context: Context): unknown {
  if (Array.isArray(fields)) return fields.map((item) => toBody(item, context));
  if (typeof fields !== 'object' || fields === null) return withInstants(fields, context.zone);
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const [kind, field] = REFERENCES[name] ?? [];
      if (!kind || !field) return [name, toBody(value, context)];
      const id = (alias: unknown) => context.names.id(kind, String(alias));
      return [field, Array.isArray(value) ? value.map(id) : id(value)];
    }),
  );
}

/** The path with the fields it names filled in; aliases become ids. */
export function fillPath(path: string, fields: Fields, { names }: Context): string {
  return path.replaceAll(/:(?!found)(\w+)/g, (_, field: string) => {
    const [kind] = REFERENCES[field] ?? [];
    return kind ? names.id(kind, String(fields[field])) : encodeURIComponent(String(fields[field]));
  });
}

/** A person with the links the story gave them; a status begins with the step unless said. */
export function personBody({ person, statuses = [], ...rest }: Fields, context: Context): unknown {
  const links = context.names.links(String(person));
  const held = (statuses as Fields[]).map((status) => ({ status: 'active', from: context.at, ...status }));
  return toBody({ ...rest, person, links, statuses: held }, context);
}

/** A roster; a participant is an alias, or what was seen of somebody. */
export function rosterBody({ participants, ...rest }: Fields, context: Context): unknown {
  const seen = (participants as unknown[]).map((one) =>
    typeof one === 'string' ? { personId: context.names.id('person', one) } : one,
  );
  return { ...(toBody(rest, context) as object), participants: seen };
}

/** A statement about a person, whom outside systems name by an identifier of theirs and not by our id. */
export function named(
  { person, ...rest }: Fields & { person?: string },
  as: 'subject' | 'link',
  context: Context,
): Fields {
  const link = person === undefined ? {} : { [as]: context.names.links(person)[0] };
  return { ...link, ...(toBody(rest, context) as object) };
}

/** Statements of an outside system as CloudEvents, from the step's time unless said; `raw` ones as they stand. */
export function feedBody({ statements }: Fields, context: Context): unknown {
  return (statements as Fields[]).map((statement, index) => {
    if ('raw' in statement) return withInstants(statement['raw'], context.zone);
    const { type, id, time, source, ...data } = statement;
    return {
      specversion: '1.0',
      id: id ?? `${context.at}/${index}`,
      source: source ?? '/rehearsal/hr',
      type: `rollcall.feeds.${String(type)}.v1`,
      time: withInstants(time ?? context.at, context.zone),
      datacontenttype: 'application/json',
      data: named(data, 'subject', context),
    };
  });
}
