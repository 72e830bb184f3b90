import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';

export interface Group {
  readonly key: string;
  readonly name: string;
  readonly purpose: string;
  readonly groupType: string;
  readonly admins: readonly string[];
  readonly activity?: string;
}
export interface Consent {
  readonly group: string;
  readonly person: string;
  readonly method: 'verbal' | 'written';
  readonly givenAt: string;
}
export interface Input {
  readonly crm: string;
  /** CRM id → name, as the files have it. */
  readonly names: ReadonlyMap<string, string>;
  readonly activities: readonly { key: string; name: string; kind: string; startsAt: string; endsAt: string }[];
  readonly groups: readonly Group[];
  readonly consents: readonly Consent[];
  readonly roster: (group: string) => string;
  /** Batches of CloudEvents in the order they arrive. */
  readonly deliveries: readonly (readonly object[])[];
  /** What the feed is made to show → CRM ids. */
  readonly story: Readonly<Record<string, readonly string[]>>;
}

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/** Reads `examples/`, with every time moved so that the day the files were written for is now. */
export function readInput(now: number, folder = resolve('examples')): Input {
  const text = (name: string) => readFileSync(resolve(folder, name), 'utf8');
  const { writtenFor } = JSON.parse(text('feed.json')) as { writtenFor: string };
  const later = now - Date.parse(writtenFor);
  const moved = (name: string) =>
    text(name).replace(INSTANT, (instant) => new Date(Date.parse(instant) + later).toISOString());
  const crm = moved('crm.csv');
  const rows = parse<{ crmId: string; name: string }>(crm, { columns: true });
  const { activities, groups } = JSON.parse(moved('groups.json')) as Pick<Input, 'activities' | 'groups'>;
  const { deliveries, story } = JSON.parse(moved('feed.json')) as Pick<Input, 'deliveries' | 'story'>;
  return {
    crm,
    names: new Map(rows.map(({ crmId, name }) => [crmId, name])),
    activities,
    groups,
    consents: JSON.parse(moved('consents.json')) as Consent[],
    roster: (group) => text(`rosters/${group}.csv`),
    deliveries,
    story,
  };
}
