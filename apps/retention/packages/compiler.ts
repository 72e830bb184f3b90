import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { disclose, idsIn, redact, rightsPackage, type Other } from '#domain';
import type { Service } from '#events';
import type { Transaction } from '#eventsourcing';
import { NEIGHBOURS, search, ServiceKit, type Asker, type Found, type Neighbours, type Search } from '#nest';
import {
  compose,
  type Answers,
  type GroupFound,
  type HistoryEvent,
  type PackageDocument,
  type Subject,
} from './document.js';
import { findPackage, vaultIdOf } from './packages.read-model.js';

export const COMPILER = 'retention.packages';

/** A search that is due. */
export interface Due {
  readonly tenantId: string;
  readonly requestId: string;
  readonly edition: number;
}

const by: Asker = { system: COMPILER };
/** Events of the history in one package. */
const MOST_EVENTS = 20_000;
const PAGE = 500;
const AT_ONCE = 5_000;

/**
 * Searches every service and puts together what they hold, one package at a time, outside of any transaction but for the last step: a
 * package is recorded and kept in one, or not at all. What is lost with the process is searched for again by its deadline.
 */
@Injectable()
export class PackageCompiler implements OnApplicationBootstrap {
  private queue: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(NEIGHBOURS) private readonly neighbours: Neighbours,
  ) {}

  onApplicationBootstrap(): void {
    this.kit.beforeStop(() => this.stop());
  }

  /** Compiles it when its turn comes; nothing more once the process stops. */
  enqueue(due: Due): void {
    this.queue = this.queue
      .then(() => (this.isStopping ? undefined : this.compile(due)))
      .catch((error: unknown) => {
        const { requestId } = due;
        this.kit.log.warn({ err: error, requestId }, 'A package was not compiled; its deadline brings it back');
      });
  }

  /** Compiles it now. Rejects where a service cannot be reached; nothing is kept then. */
  async compile({ tenantId, requestId, edition }: Due): Promise<void> {
    const about = await this.inTenant(tenantId, async (tx) => subjectOf(await findPackage(tx, requestId), edition));
    if (!about) return;
    const answers = await this.ask(tenantId, about);
    const known = await this.peopleIn(tenantId, answers);
    await this.inTenant(tenantId, async (tx) => {
      const { document, others } = redact(compose(about, answers, tx.now), {
        ...(about.personId ? { subjectId: about.personId } : {}),
        known,
      });
      await this.keep(tx, { requestId, edition }, document, others);
    });
  }

  /** Waits for the one under way, for five seconds at most: its deadline brings back what is cut off. */
  private async stop(): Promise<void> {
    this.isStopping = true;
    const patience = new Promise<void>((resolve) => void setTimeout(resolve, 5_000).unref());
    await Promise.race([this.queue, patience]);
  }

  private async keep(
    tx: Transaction,
    { requestId, edition }: Omit<Due, 'tenantId'>,
    document: PackageDocument,
    others: readonly Other[],
  ): Promise<void> {
    const compiled = {
      requestId,
      edition,
      sha256: fingerprint(bytesOf(document, others, [])),
      searched: [...document.search],
      others: others.length,
    };
    const { kept } = (await findPackage(tx, requestId))!;
    const cause = { actor: { kind: 'system', id: COMPILER } as const };
    const [outcome] = await this.kit.commands.execute(tx, rightsPackage, cause, [
      { id: requestId, command: { name: 'CompilePackage', data: compiled } },
    ]);
    if (outcome!.events.length === 0) return;
    if (kept > 0) await this.kit.vault.erase(tx, vaultIdOf(requestId, kept));
    await this.kit.vault.write(tx, vaultIdOf(requestId, edition), {
      document: JSON.stringify(document),
      others: JSON.stringify(others),
    });
  }

  private async ask(tenantId: string, about: Subject): Promise<Answers> {
    const searches: Search[] = about.personId
      ? [{ personId: about.personId }]
      : (about.groupIds ?? []).map((groupId) => ({ groupId, ...periodOf(about) }));
    const services: Answers['services'][number][] = [];
    for (const service of ['membership', 'consent', 'retention', 'gateway'] as const)
      services.push({ service, found: await this.searched(tenantId, service, searches) });
    const history: HistoryEvent[] = [];
    for (const wanted of searches)
      history.push(...(await this.history(tenantId, wanted, MOST_EVENTS - history.length)));
    const groupIds = [...new Set([...groupsIn(services), ...groupsIn(history)])].slice(0, PAGE);
    const { groups } = await this.names(tenantId, [], groupIds);
    const holders = [...new Set(groups.flatMap(({ roles }) => roles.map(({ personId }) => personId)))];
    const { personIds } = await this.post<{ personIds: string[] }>(
      tenantId,
      'consent',
      '/v1/services/consent/own-devices',
      { personIds: holders.slice(0, AT_ONCE) },
    );
    return { services, history, historyIsCut: history.length >= MOST_EVENTS, groups, ownDevices: personIds };
  }

  private async searched(tenantId: string, service: Service, searches: readonly Search[]): Promise<Found> {
    const all: Found[] = [];
    for (const wanted of searches) {
      if (service === this.kit.name) {
        all.push(await this.inTenant(tenantId, (tx) => search(this.kit, tx, wanted)));
        continue;
      }
      const query = new URLSearchParams({ ...wanted });
      all.push(await this.get<Found>(tenantId, service, `/v1/services/${service}/holdings?${query.toString()}`));
    }
    const [first] = all;
    return { ...first!, parts: all.flatMap(({ parts }) => parts) };
  }

  private async history(
    tenantId: string,
    { personId, groupId, from, to }: Search,
    most: number,
  ): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    const wanted = { ...(personId ? { personId } : {}), ...(groupId ? { groupId } : {}) };
    const within = { ...(from ? { from } : {}), ...(to ? { to } : {}) };
    for (let cursor: string | null = ''; cursor !== null && events.length < most;) {
      const query = new URLSearchParams({
        ...wanted,
        ...within,
        order: 'asc',
        limit: String(PAGE),
        ...(cursor ? { cursor } : {}),
      });
      const page: { items: HistoryEvent[]; next: string | null } = await this.get(
        tenantId,
        'gateway',
        `/v1/history?${query.toString()}`,
      );
      events.push(...page.items);
      cursor = page.next;
    }
    return events;
  }

  /** Everybody in the answers who is a person on record, with the name if there is one. */
  private async peopleIn(tenantId: string, answers: Answers): Promise<Map<string, string | undefined>> {
    const ids = idsIn(answers);
    const known = new Map<string, string | undefined>();
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const { people } = await this.names(tenantId, ids.slice(start, start + AT_ONCE), []);
      for (const { personId, name } of people) known.set(personId, name.value);
    }
    return known;
  }

  private names(tenantId: string, ids: readonly string[], groupIds: readonly string[]) {
    return this.post<{ people: { personId: string; name: { value?: string } }[]; groups: GroupFound[] }>(
      tenantId,
      'membership',
      '/v1/services/membership/names',
      { ids, groupIds },
    );
  }

  private get<T>(tenantId: string, service: Service, path: string): Promise<T> {
    return this.neighbours.ask<T>(service, tenantId, 'GET', path, undefined, by).then(good);
  }

  private post<T>(tenantId: string, service: Service, path: string, body: object): Promise<T> {
    return this.neighbours.ask<T>(service, tenantId, 'POST', path, body, by).then(good);
  }

  private inTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.kit.database.inTenant(tenantId, work);
  }
}

/** The bytes of a package as it is handed out with these people shown. */
export const bytesOf = (document: PackageDocument, others: readonly Other[], disclosed: readonly number[]): string =>
  JSON.stringify(disclose(document, others, disclosed), null, 2);

/** SHA-256 in hexadecimal digits. */
export const fingerprint = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');

function good<T>({ status, body }: { status: number; body: T }): T {
  if (status >= 300) throw new Error(`A neighbour answered ${status} to a search`);
  return body;
}

function subjectOf(row: Awaited<ReturnType<typeof findPackage>>, edition: number): Subject | undefined {
  if (row?.state !== 'searching' || row.edition !== edition) return undefined;
  const { requestId, personId, groupIds } = row;
  return {
    requestId,
    ...(personId ? { personId } : {}),
    ...(groupIds ? { groupIds } : {}),
    ...periodOf(row),
  };
}

const periodOf = ({ from, to }: { readonly from?: string | null; readonly to?: string | null }) => ({
  ...(from ? { from } : {}),
  ...(to ? { to } : {}),
});

const GROUP = /"groupId":"([0-9a-f-]{36})"/g;
const groupsIn = (value: unknown): string[] => [...JSON.stringify(value).matchAll(GROUP)].map(([, id]) => id!);
