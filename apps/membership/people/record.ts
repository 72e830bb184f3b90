import type { MembershipPayloads } from '#events';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { executeOnPeople, identify, type Link, type PersonRequest } from './identity.js';
import { leavesOf, statusesOf } from './people.read-model.js';
import { planPersonal, type PersonalValues } from './personal.js';

export type Category = MembershipPayloads['PersonStatusSynced']['category'];

/** A status as a source states it; `from` is an instant in the house form. */
export interface StatedStatus {
  readonly category: Category;
  readonly status: 'active' | 'ended';
  readonly from: string;
}

/** Everything one source says about one person as of `reportedAt` (house form): checked, phone numbers already allowed. */
export interface PersonEntry {
  readonly links: readonly Link[];
  readonly hints?: readonly Link[];
  readonly personId?: string;
  readonly source: string;
  readonly reportedAt: string;
  readonly statuses: readonly StatedStatus[];
  readonly values: PersonalValues;
  /** One line of a list that is sent again and again: a status the source stated before, and nobody contradicted, is no news. */
  readonly isListing?: boolean;
  readonly cause?: Cause;
}

/** Who it is and what was recorded; or why nothing of the entry was: its identifiers name different people, or the person was erased. */
export type Recorded =
  | {
      readonly personId: string;
      readonly isChanged: boolean;
      readonly outcomes: readonly Outcome[];
      /** A number was left out, with everything made from it: the person has not agreed to its being kept. */
      readonly isPhoneLeftOut: boolean;
    }
  | { readonly refused: 'LinksDisagree' | 'SubjectErased' };

/**
 * Takes in what a source says about any number of people in a few statements: known ones are found by any of their
 * identifiers, the others registered. What is known already changes nothing.
 */
export async function recordPeople(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  entries: readonly PersonEntry[],
): Promise<Recorded[]> {
  const early = (instant: string) => (instant < tx.now ? instant : tx.now);
  const { identified, requests } = await identify(
    kit,
    tx,
    entries.map((entry) => ({ ...entry, occurredAt: early(entry.reportedAt) })),
  );
  const known = entries.flatMap((entry, index) => {
    const who = identified[index]!;
    return 'personId' in who ? [{ ...entry, index, personId: who.personId }] : [];
  });
  const personal = await planPersonal(kit, tx, known);
  const isNews = await newsAmong(tx, known);
  const groups: PersonRequest[][] = entries.map(() => []);
  known.forEach(({ index, personId, source, reportedAt, cause: own, ...entry }, nth) => {
    if (personal.isErased[nth]) return;
    const news = entry.isListing ? entry.statuses.filter((stated) => isNews(personId, source, stated)) : entry.statuses;
    const synced = news.map((status) => syncRequest(personId, { ...status, source, reportedAt }, tx.now, own));
    const links = requests[index]!.filter((request) => !personal.isPhoneLeftOut[nth] || !isPhoneLink(request));
    groups[index] = [...links, ...synced, ...personal.requests[nth]!];
  });
  const outcomes = await executeOnPeople(kit, tx, cause, groups);
  await personal.write();
  const results: Recorded[] = entries.map(() => ({ refused: 'LinksDisagree' }));
  known.forEach(({ index, personId }, nth) => {
    const isChanged = personal.changed[nth]! || outcomes[index]!.some(({ events }) => events.length > 0);
    results[index] = personal.isErased[nth]
      ? { refused: 'SubjectErased' }
      : { personId, isChanged, outcomes: outcomes[index]!, isPhoneLeftOut: personal.isPhoneLeftOut[nth]! };
  });
  return results;
}

const isPhoneLink = ({ command }: PersonRequest) => command.name === 'Link' && command.data.kind === 'phone';

/** Tells a status that repeats what its source said last, with no leave since, from one that is news. */
async function newsAmong(
  tx: Transaction,
  entries: readonly { readonly personId: string; readonly isListing?: boolean }[],
): Promise<(personId: string, source: string, stated: StatedStatus) => boolean> {
  const ids = entries.filter(({ isListing }) => isListing).map(({ personId }) => personId);
  if (ids.length === 0) return () => true;
  const key = (...parts: string[]) => parts.join(' ');
  const said = new Set(
    (await statusesOf(tx, ids)).map((row) => key(row.personId, row.source, row.category, row.status, row.from)),
  );
  const left = new Set((await leavesOf(tx, ids)).map(({ personId, category }) => key(personId, category)));
  return (personId, source, { category, status, from }) =>
    !said.has(key(personId, source, category, status, from)) ||
    (status === 'active' && left.has(key(personId, category)));
}

/**
 * States a status. An end that has come happened when it came; anything else happens when the source says it: somebody said
 * today to have been active for years comes back today.
 */
export function syncRequest(
  personId: string,
  stated: StatedStatus & { readonly source: string; readonly reportedAt: string },
  now: string,
  cause?: Cause,
): PersonRequest {
  const { status, from, reportedAt } = stated;
  const at = status === 'ended' && from <= now ? from : reportedAt;
  return {
    id: personId,
    command: { name: 'SyncStatus', data: { personId, ...stated } },
    occurredAt: at < now ? at : now,
    ...(cause ? { cause } : {}),
  };
}
