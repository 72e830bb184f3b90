/** Random commands as several organisations send them, decided by the seed, and what each of them owes in the end. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dice } from './ground.js';
import { Client, Journal, NoAnswer, type Reply } from './journal.js';

type Stage = 'agreed' | 'inside' | 'leaving' | 'out';

/** Somebody of an organisation; does one thing at a time, and leaves each group by one way only. */
interface Person {
  readonly personId: string;
  readonly crmId: string;
  /** The groups agreed to; inside, those let into. */
  readonly groups: string[];
  stage: Stage;
}

interface Organisation {
  readonly client: Client;
  readonly admin: string;
  readonly groups: string[];
  readonly people: Person[];
}

const NOTICE = 'notice-1';
const DAY = 86_400_000; // milliseconds
const isoAt = (time: number) => new Date(time).toISOString();

/** A command did not get the answer it must get: the product, or this generator, is wrong. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}

function expected(reply: Reply, path: string): Reply['body'] {
  if (reply.status < 300) return reply.body;
  throw new Unexpected(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
}

export class Generator {
  private organisations: Organisation[] = [];
  private isRunning = false;
  private workers: Promise<void>[] = [];
  /** What went wrong with a worker, if anything did. */
  readonly troubles: string[] = [];

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly dice: Dice,
    readonly journal: Journal,
    /** Within how many seconds at most what hangs on a deadline falls due; as long is waited for rest. */
    private readonly soon = 15,
  ) {}

  /** A client of each organisation, with the key that may do everything there. */
  get clients(): Client[] {
    return this.organisations.map(({ client }) => client);
  }

  /** Makes organisations with groups, people who agreed and people who are in. `settle` waits until the services know of each other's facts. */
  async prepare(organisations: number, people: number, settle: () => Promise<void>): Promise<void> {
    const operator = new Client(this.url, this.key, '', this.journal);
    for (let nr = 0; nr < organisations; nr++) {
      const body = expected(await operator.post('/v1/organisations', { name: `Organisation ${nr}` }), 'organisations');
      const { key } = body['adminKey'] as { key: string };
      const client = new Client(this.url, key, body['organisationId'] as string, this.journal);
      const overrides = { '*': { agreement_topics: [] } };
      expected(await client.post('/v1/profiles/political-party/activate', { overrides }), 'activate');
      this.organisations.push({ client, admin: '', groups: [], people: [] });
    }
    await settle();
    for (const [nr, organisation] of this.organisations.entries()) {
      const admin = await this.register(organisation);
      this.organisations[nr] = { ...organisation, admin: admin.personId };
      for (let count = 0; count < 3; count++) await this.group(this.organisations[nr]);
    }
    await settle();
    await this.each(people, (organisation) => this.newcomer(organisation));
    await settle();
    await this.each(Math.floor(people / 2), (organisation) => this.admit(organisation));
    await settle();
  }

  /** Sends commands with this many workers, each with a short rest between two commands, until it is stopped. */
  start(workers = 4, rest = 40): void {
    this.isRunning = true;
    this.workers = Array.from({ length: workers }, async () => {
      while (this.isRunning) {
        await this.step(this.dice.pick(this.organisations)).catch((error: Error) => {
          if (!(error instanceof NoAnswer)) this.troubles.push(error.message);
        });
        await delay(this.dice.between(0, 2 * rest));
      }
    });
  }

  /** Sends nothing more, and resolves when every command under way was answered or given up. */
  async stop(): Promise<void> {
    this.isRunning = false;
    await Promise.all(this.workers);
  }

  private async each(count: number, work: (organisation: Organisation) => Promise<unknown>): Promise<void> {
    const worker = async (organisation: Organisation, share: number) => {
      for (let nr = 0; nr < share; nr++) await work(organisation);
    };
    await Promise.all(
      this.organisations.flatMap((organisation) => [0, 1, 2, 3].map(() => worker(organisation, Math.ceil(count / 4)))),
    );
  }

  private step(organisation: Organisation): Promise<void> {
    const ways: readonly [number, (organisation: Organisation) => Promise<void>][] = [
      [22, (one) => this.newcomer(one)],
      [26, (one) => this.admit(one)],
      [12, (one) => this.leave(one)],
      [6, (one) => this.askOut(one)],
      [5, (one) => this.withdraw(one)],
      [12, (one) => this.confirm(one)],
      [13, (one) => this.keep(one)],
      [2, (one) => this.group(one)],
      [2, (one) => this.issueKey(one)],
    ];
    let roll = this.dice.between(1, 100);
    for (const [weight, way] of ways) if ((roll -= weight) <= 0) return way(organisation);
    return this.newcomer(organisation);
  }

  /** Takes somebody of this stage out of the list while something is done with them. */
  private take({ people }: Organisation, stage: Stage): Person | undefined {
    const fit = people.filter((person) => person.stage === stage);
    if (fit.length === 0) return undefined;
    const person = this.dice.pick(fit);
    people.splice(people.indexOf(person), 1);
    return person;
  }

  private async register({ client }: Organisation): Promise<Person> {
    const crmId = randomUUID();
    const body = {
      links: [{ kind: 'crmId', value: crmId }],
      statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
      dateOfBirth: '1980-04-01',
      source: 'crm',
    };
    const { personId } = expected(await client.post('/v1/people', body), 'people');
    return { personId: personId as string, crmId, groups: [], stage: 'agreed' };
  }

  private async group({ client, admin, groups }: Organisation): Promise<void> {
    const body = { name: 'Ward', purpose: 'Campaigning', groupType: 'party-group', admins: [admin] };
    const { groupId } = expected(await client.post('/v1/groups', body), 'groups');
    // Only the first ones are joined: the consent service hears of a later one only after a while.
    if (groups.length < 3) groups.push(groupId as string);
  }

  /** Registers somebody who agrees to one or two groups. */
  private async newcomer(organisation: Organisation): Promise<void> {
    const person = await this.register(organisation);
    const { client, groups, people } = organisation;
    for (const groupId of this.dice.shuffled(groups).slice(0, this.dice.between(1, 2))) {
      const about = { personId: person.personId, groupId, noticeVersion: NOTICE };
      expected(await client.post('/v1/consents/notices', { ...about, items: ['purpose', 'duration'] }), 'notices');
      const given = { ...about, scope: ['membership'], purpose: 'campaign', method: 'verbal' };
      expected(await client.post('/v1/consents', given), 'consents');
      this.owe(organisation, 'ConsentGiven', { personId: person.personId, groupId });
      person.groups.push(groupId);
    }
    people.push(person);
  }

  /** Lets somebody in. Refused while the membership service has not heard of the consent: then another time. */
  private async admit(organisation: Organisation): Promise<void> {
    const person = this.take(organisation, 'agreed');
    if (!person) return;
    const { client, people } = organisation;
    const isIn = await Promise.all(
      person.groups.map(async (groupId) => {
        const { status } = await client.post(`/v1/groups/${groupId}/members`, { personId: person.personId });
        if (status < 300) this.owe(organisation, 'MemberAdded', { personId: person.personId, groupId });
        return status < 300;
      }),
    );
    if (isIn.some(Boolean)) {
      person.groups.splice(0, Infinity, ...person.groups.filter((_, nr) => isIn[nr]));
      person.stage = 'inside';
    }
    people.push(person);
  }

  /** The CRM says that somebody left: an hour ago, or so long ago that the limit passes in a few seconds. Sometimes it says so twice. */
  private async leave(organisation: Organisation): Promise<void> {
    const person = this.take(organisation, 'inside');
    if (!person) return;
    const now = Date.now();
    const isLate = this.dice.next() < 0.5;
    const limitAt = now + this.dice.between(3, this.soon) * 1000;
    const leavesAt = isLate ? limitAt - 2 * DAY : now - 3_600_000;
    if (isLate) this.journal.dueBy = Math.max(this.journal.dueBy, limitAt);
    const statement = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/crm',
      type: 'rollcall.feeds.LeaverReported.v1',
      time: isoAt(now),
      data: { subject: { kind: 'crmId', value: person.crmId }, category: 'member', leavesAt: isoAt(leavesAt) },
    };
    const times = this.dice.next() < 0.3 ? 2 : 1;
    for (let nr = 0; nr < times; nr++) {
      const reply = await organisation.client.post('/v1/feeds', statement, 'application/cloudevents+json');
      const { accepted, duplicates } = expected(reply, 'feeds');
      if (accepted !== (nr === 0 ? 1 : 0) || duplicates !== nr)
        throw new Unexpected(`A statement sent for time ${nr + 1} was answered with ${JSON.stringify(reply.body)}`);
    }
    this.owe(organisation, 'LeaverDetected', { personId: person.personId });
    this.oweOrders(organisation, person);
  }

  private async askOut(organisation: Organisation): Promise<void> {
    await this.leaveEach(organisation, 'RemovalRequestedByMember', (groupId, personId) =>
      organisation.client.post(`/v1/groups/${groupId}/members/${personId}/request-removal`, {}),
    );
  }

  private async withdraw(organisation: Organisation): Promise<void> {
    await this.leaveEach(organisation, 'ConsentWithdrawn', (groupId, personId) =>
      organisation.client.post('/v1/consents/withdraw', { personId, groupId }),
    );
  }

  private async leaveEach(
    organisation: Organisation,
    name: string,
    how: (groupId: string, personId: string) => Promise<Reply>,
  ): Promise<void> {
    const person = this.take(organisation, 'inside');
    if (!person) return;
    for (const groupId of person.groups) {
      expected(await how(groupId, person.personId), name);
      this.owe(organisation, name, { personId: person.personId, groupId });
    }
    this.oweOrders(organisation, person);
  }

  /** An admin who finds the orders confirms that the person is out. */
  private async confirm(organisation: Organisation): Promise<void> {
    const person = this.take(organisation, 'leaving');
    if (!person) return;
    const { client, people } = organisation;
    const { body } = await client.get(`/v1/removal-orders?personId=${person.personId}`);
    const orders = (body['items'] ?? []) as { groupId: string; state: string }[];
    if (orders.length < person.groups.length) return void people.push(person);
    for (const groupId of person.groups) {
      const path = `/v1/groups/${groupId}/members/${person.personId}/confirm-removal`;
      expected(await client.post(path, { evidence: 'admin_confirmed' }), 'confirm-removal');
      this.owe(organisation, 'MemberRemoved', { personId: person.personId, groupId });
    }
    people.push({ ...person, stage: 'out' });
  }

  /** A record whose time is over in a few seconds. */
  private async keep(organisation: Organisation): Promise<void> {
    const endsAt = Date.now() + this.dice.between(1, this.soon) * 1000;
    this.journal.dueBy = Math.max(this.journal.dueBy, endsAt);
    const body = {
      itemId: randomUUID(),
      recordClass: 'message',
      reference: 'Box 7',
      startsAt: isoAt(endsAt - 60_000),
      period: 'PT1M',
      ownerId: organisation.admin,
    };
    const { itemId } = expected(await organisation.client.post('/v1/retention-items', body), 'retention-items');
    for (const name of ['RetentionScheduled', 'RetentionExpired', 'DeletionTaskOpened'])
      this.owe(organisation, name, { itemId: itemId as string });
  }

  private async issueKey({ client }: Organisation): Promise<void> {
    const reply = await client.post('/v1/keys', { scopes: ['auditor'] });
    // Repeated under the same Idempotency-Key, a secret is not told again.
    if (reply.body['code'] !== 'shown-once') expected(reply, 'keys');
  }

  private oweOrders(organisation: Organisation, person: Person): void {
    for (const groupId of person.groups)
      this.owe(organisation, 'RemovalTaskOpened', { personId: person.personId, groupId });
    person.stage = 'leaving';
    organisation.people.push(person);
  }

  private owe({ client: { tenantId } }: Organisation, name: string, where: Readonly<Record<string, string>>): void {
    this.journal.owed.push({ tenantId, name, where });
  }
}
