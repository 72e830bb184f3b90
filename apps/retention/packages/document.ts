import { eventType } from '#events';
import type { Found, Row } from '#nest';

/** An event of the history as the gateway tells it. */
export interface HistoryEvent {
  readonly eventId: string;
  readonly type: string;
  readonly name: string;
  readonly service: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly onBehalfOf?: string };
  readonly rules: readonly { readonly profile: string; readonly parameter: string }[];
  readonly data: Row;
}

/** A group as membership knows it. */
export interface GroupFound {
  readonly groupId: string;
  readonly groupType: string;
  readonly name: { readonly state: string; readonly value?: string };
  readonly roles: readonly { readonly personId: string; readonly kind: string }[];
}

/** Everything that the services answered. */
export interface Answers {
  readonly services: readonly { readonly service: string; readonly found: Found }[];
  readonly history: readonly HistoryEvent[];
  readonly historyIsCut: boolean;
  readonly groups: readonly GroupFound[];
  /** Who uses a device of their own. */
  readonly ownDevices: readonly string[];
}

/** What a package is about. */
export interface Subject {
  readonly requestId: string;
  readonly personId?: string;
  readonly groupIds?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** A place to search: a group, when the person was in it, and whose devices may hold its messages. */
export interface Place {
  readonly groupId: string;
  readonly name?: string;
  readonly periods: readonly { readonly from?: string; readonly to?: string }[];
  readonly holders: readonly { readonly role: string; readonly personId: string; readonly usesOwnDevice: boolean }[];
}

/** A package: what is held, by part; where messages may be found that nobody but their holders has; what happened; and how it was searched. */
export interface PackageDocument {
  readonly about: Subject;
  readonly compiledAt: string;
  readonly values: readonly { readonly service: string; readonly field: string; readonly value: string }[];
  readonly parts: readonly { readonly service: string; readonly title: string; readonly rows: readonly Row[] }[];
  readonly places: readonly Place[];
  readonly history: readonly {
    readonly at: string;
    readonly what: string;
    readonly name: string;
    readonly service: string;
    readonly by: string;
    readonly onBehalfOf?: string;
    readonly rules: readonly string[];
    readonly details: Row;
  }[];
  readonly search: readonly { readonly service: string; readonly searchedAt: string; readonly found: number }[];
  /** What could not be put in for its length, by title. */
  readonly cut: readonly string[];
}

/** Puts the services' answers together; nothing is hidden yet. `compiledAt` is the instant of compiling. */
export function compose(about: Subject, answers: Answers, compiledAt: string): PackageDocument {
  const { services, history, historyIsCut } = answers;
  const search = services.map(({ service, found: { searchedAt, parts, personal } }) => {
    const rows = parts.reduce((sum, part) => sum + part.rows.length, 0);
    const values = Object.values(personal).filter(({ state }) => state === 'value').length;
    const events = service === 'gateway' ? history.length : 0;
    return { service, searchedAt, found: rows + values + events };
  });
  return {
    about,
    compiledAt,
    values: services.flatMap(({ service, found }) =>
      Object.entries(found.personal).flatMap(([field, personal]) =>
        personal.state === 'value' ? [{ service, field, value: personal.value }] : [],
      ),
    ),
    parts: services.flatMap(({ service, found }) => found.parts.map(({ title, rows }) => ({ service, title, rows }))),
    places: placesOf(about, answers),
    history: history.map(told),
    search,
    cut: [
      ...services.flatMap(({ found }) => found.parts.filter(({ isCut }) => isCut).map(({ title }) => title)),
      ...(historyIsCut ? ['What happened'] : []),
    ],
  };
}

/** An event in plain words: the language says of each what it tells. Of a list of everybody in a group only the number is told. */
function told({
  occurredAt,
  type,
  name,
  service,
  actor,
  rules,
  data,
}: HistoryEvent): PackageDocument['history'][number] {
  const { seen, ...details } = data;
  return {
    at: occurredAt,
    what: eventType(type)?.description ?? name,
    name,
    service,
    by: actor.kind,
    ...(actor.kind === 'person' ? { onBehalfOf: actor.id } : {}),
    ...(actor.onBehalfOf ? { onBehalfOf: actor.onBehalfOf } : {}),
    rules: rules.map(({ profile, parameter }) => `${profile} ${parameter}`),
    details: Array.isArray(seen) ? { ...details, peopleSeen: seen.length } : details,
  };
}

/** The groups of all rows and events, each with the person's times in it, and whoever runs it. */
function placesOf({ groupIds, from, to }: Subject, { services, groups, ownDevices }: Answers): Place[] {
  const steps = services
    .filter(({ service }) => service === 'gateway')
    .flatMap(({ found }) => found.parts.filter(({ table }) => table === 'presence'))
    .flatMap(({ rows }) => rows);
  return groups
    .filter(({ groupId }) => groupIds?.includes(groupId) ?? steps.some((step) => step['groupId'] === groupId))
    .map(({ groupId, name, roles }) => ({
      groupId,
      ...(name.value ? { name: name.value } : {}),
      periods: groupIds
        ? [{ ...(from ? { from } : {}), ...(to ? { to } : {}) }]
        : periodsIn(steps.filter((step) => step['groupId'] === groupId)),
      holders: roles.map(({ personId, kind }) => ({
        role: kind,
        personId,
        usesOwnDevice: ownDevices.includes(personId),
      })),
    }));
}

/** From each step in to the next step out; the last one may still go on. */
export function periodsIn(steps: readonly Row[]): { from?: string; to?: string }[] {
  const inOrder = steps.toSorted((a, b) => String(a['at']).localeCompare(String(b['at'])));
  const periods: { from?: string; to?: string }[] = [];
  for (const { at, inside } of inOrder) {
    const last = periods.at(-1);
    const isOpen = last !== undefined && last.to === undefined;
    if (inside && !isOpen) periods.push({ from: String(at) });
    if (!inside && isOpen) last.to = String(at);
  }
  return periods;
}
