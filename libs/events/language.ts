import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** The four services that publish events; each owns one topic, `rollcall.<service>`. */
export type Service = 'gateway' | 'membership' | 'consent' | 'retention';

/** Who may speak the language: our services, and `feeds` for what other systems tell us on the topic `rollcall.feeds`. */
export type Source = Service | 'feeds';

/** Turns the data of version n of an event into the data of version n + 1; stored bytes are never rewritten. */
type Upcaster = (data: Record<string, unknown>) => Record<string, unknown>;

/** What the language knows of one event type. */
export interface EventType {
  /** Name on the wire, `rollcall.membership.LeaverDetected.v1`. */
  readonly type: string;
  readonly service: Source;
  readonly name: string;
  readonly version: number;
  readonly schema: TSchema;
  /** Why the event exists, for AsyncAPI and the history's readers. */
  readonly description: string;
  /** Says what is wrong with `data` by JSON pointer and rule, never by value; empty when it fits. */
  faults(data: unknown): string[];
}

interface Declaration<S extends TSchema> {
  readonly schema: S;
  readonly description: string;
  readonly version: number;
  readonly upcast: Readonly<Record<number, Upcaster>>;
}

/** Declares one event: what it says and why it exists. `upcast[n]` lifts stored data of version n to n + 1. */
export function event<P extends Record<string, TSchema>>(
  description: string,
  properties: P,
  { version = 1, upcast: lifts = {} }: { version?: number; upcast?: Record<number, Upcaster> } = {},
): Declaration<TObject<P>> {
  return { schema: Type.Object(properties, { additionalProperties: false }), description, version, upcast: lifts };
}

type Declarations = Record<string, Declaration<TSchema>>;

/** Name → payload of every event of a service, derived from its schemas. */
export type PayloadsOf<D extends Declarations> = { [N in keyof D & string]: Static<D[N]['schema']> };

const registry = new Map<string, EventType>();
const newest = new Map<string, string>();
const upcasters = new Map<string, { next: string; lift: Upcaster }>();

/** Adds a service's events to the one registry and returns the declarations, from which the payload types derive. */
export function declareEvents<D extends Declarations>(service: Source, declarations: D): D {
  for (const [name, { schema, description, version, upcast: lifts }] of Object.entries(declarations)) {
    const type = typeString(service, name, version);
    newest.set(`${service}.${name}`, type);
    const validator = Compile(schema);
    registry.set(type, {
      type,
      service,
      name,
      version,
      schema,
      description,
      faults: (data) =>
        validator.Check(data)
          ? []
          : validator.Errors(data).map((fault) => `${fault.instancePath || '/'} ${fault.message}`),
    });
    for (const [from, lift] of Object.entries(lifts)) {
      upcasters.set(typeString(service, name, Number(from)), {
        next: typeString(service, name, Number(from) + 1),
        lift,
      });
    }
  }
  return declarations;
}

function typeString(service: Source, name: string, version: number): string {
  return `rollcall.${service}.${name}.v${version}`;
}

/** The newest form of an event by its wire name; undefined when the language does not know it. */
export function eventType(type: string): EventType | undefined {
  return registry.get(type);
}

/** Every event type in its newest form, ordered by wire name. */
export function eventTypes(): EventType[] {
  return [...registry.values()].sort((a, b) => a.type.localeCompare(b.type));
}

/** The newest wire name of a service's event. Throws on a name the language does not have: that is a bug. */
export function typeOf(service: Source, name: string): string {
  const type = newest.get(`${service}.${name}`);
  if (!type) throw new Error(`The event language has no ${service} event named ${name}`);
  return type;
}

/** Lifts stored data through every upcaster to the newest version of its type. Unknown types come back as they are. */
export function upcast(type: string, data: Record<string, unknown>): { type: string; data: Record<string, unknown> } {
  const step = upcasters.get(type);
  return step ? upcast(step.next, step.lift(data)) : { type, data };
}
