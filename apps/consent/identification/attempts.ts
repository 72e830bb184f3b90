import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { NIL } from 'uuid';
import { tenantTable } from '#eventsourcing';
import { ServiceKit } from '#nest';

/**
 * How often somebody may try, in real time and counted over all processes of the service: pages seen, links that open nothing, and wrong
 * proofs, the last also for each reference, wherever they come from; and codes sent for each invitation. Seconds.
 */
const LIMITS = {
  visits: { points: 300, duration: 600 },
  misses: { points: 30, duration: 600 },
  proofs: { points: 20, duration: 900 },
  reference: { points: 5, duration: 3600 },
  codes: { points: 3, duration: 900 },
} as const;
type Kind = keyof typeof LIMITS;

/** What was tried how often, until when it counts. Of no organisation: a token nobody was given belongs to none. */
export const attemptsTable = tenantTable(
  'attempts',
  'kind text not null, who text not null, points int not null, expires_at timestamptz not null',
  'kind, who',
  'expires_at',
);

const COUNT = `insert into attempts as counted (tenant_id, kind, who, points, expires_at)
  values ($1, $2, $3, 1, clock_timestamp() + $4 * interval '1 second')
  on conflict (tenant_id, kind, who) do update set
    points = case when counted.expires_at <= clock_timestamp() then 1 else counted.points + 1 end,
    expires_at = case when counted.expires_at <= clock_timestamp() then excluded.expires_at else counted.expires_at end
  returning points, (extract(epoch from expires_at - clock_timestamp()) * 1000)::int as "forMs"`;
const LOOK = `select points, (extract(epoch from expires_at - clock_timestamp()) * 1000)::int as "forMs" from attempts
  where tenant_id = $1 and kind = $2 and who = $3 and expires_at > clock_timestamp()`;
const TIDY_EVERY = 500;

interface Counted {
  readonly points: number;
  readonly forMs: number;
}

/**
 * Counts attempts, so that guessing a link or what is known of a person gets nowhere, however many processes there are and however often
 * they start anew. Keeps fingerprints, no addresses, and none for longer than it counts. Where nothing can be counted, nothing is let pass.
 */
@Injectable()
export class Attempts {
  /** Whoever has tried too often, until when by this process's clock: they cost the database nothing more. */
  private readonly spent = new Map<string, number>();
  private counted = 0;

  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  /** Counts one; false when it is one too many. */
  async allows(kind: Kind, ...who: string[]): Promise<boolean> {
    const { points, duration } = LIMITS[kind];
    const key = keyOf(who);
    if (this.isKnownSpent(kind, key)) return false;
    if (++this.counted % TIDY_EVERY === 0) await this.tidy();
    const counted = await this.ask(COUNT, [kind, key, duration]);
    if (counted && counted.points > points) this.remember(kind, key, counted.forMs);
    return counted !== undefined && counted.points <= points;
  }

  /** Whether there have been too many already; counts nothing. */
  async isSpent(kind: Kind, ...who: string[]): Promise<boolean> {
    const key = keyOf(who);
    if (this.isKnownSpent(kind, key)) return true;
    const counted = await this.ask(LOOK, [kind, key]);
    if (counted === undefined) return true;
    const isSpent = counted.points >= LIMITS[kind].points;
    if (isSpent) this.remember(kind, key, counted.forMs);
    return isSpent;
  }

  /** Undefined where the database does not answer; nothing counted where there is no row. */
  private async ask(sql: string, parameters: readonly unknown[]): Promise<Counted | undefined> {
    try {
      const [row] = await this.kit.database.inTenant(NIL, (tx) => tx.query<Counted>(sql, [NIL, ...parameters]));
      return row ?? { points: 0, forMs: 0 };
    } catch (error) {
      this.kit.log.error({ err: error }, 'Attempts could not be counted; nobody is let pass');
      return undefined;
    }
  }

  private async tidy(): Promise<void> {
    const now = performance.now();
    for (const [key, until] of this.spent) if (until <= now) this.spent.delete(key);
    await this.ask('delete from attempts where tenant_id = $1 and expires_at <= clock_timestamp()', []);
  }

  private remember(kind: Kind, key: string, forMs: number): void {
    this.spent.set(`${kind}:${key}`, performance.now() + forMs);
  }

  private isKnownSpent(kind: Kind, key: string): boolean {
    return (this.spent.get(`${kind}:${key}`) ?? 0) > performance.now();
  }
}

const keyOf = (who: readonly string[]) => createHash('sha256').update(JSON.stringify(who)).digest('base64url');

/** Whose attempts count together: an IPv4 address, or the /64 of an IPv6 one, which one household or phone has to itself. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped || isIPv4(address)) return mapped ?? address;
  if (!isIPv6(address)) return 'unknown';
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
