import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterAbstract } from 'rate-limiter-flexible';

/**
 * How often somebody may try, in real time and counted in each process by itself: pages seen, links that open nothing, and wrong proofs, the
 * last also for each reference, wherever they come from; and codes sent for each invitation. Seconds.
 */
const LIMITS = {
  visits: { points: 300, duration: 600 },
  misses: { points: 30, duration: 600 },
  proofs: { points: 20, duration: 900 },
  reference: { points: 5, duration: 3600 },
  codes: { points: 3, duration: 900 },
} as const;
type Kind = keyof typeof LIMITS;

/** Counts attempts, so that guessing a link or what is known of a person gets nowhere. Keeps fingerprints, no addresses. */
@Injectable()
export class Attempts {
  private readonly limiters = new Map<string, RateLimiterAbstract>(
    Object.entries(LIMITS).map(([kind, limit]) => [kind, new RateLimiterMemory(limit)]),
  );

  /** Counts one; false when it is one too many. */
  async allows(kind: Kind, ...who: string[]): Promise<boolean> {
    return this.limiters
      .get(kind)!
      .consume(keyOf(who))
      .then(
        () => true,
        () => false,
      );
  }

  /** Whether there have been too many already; counts nothing. */
  async isSpent(kind: Kind, ...who: string[]): Promise<boolean> {
    const counted = await this.limiters.get(kind)!.get(keyOf(who));
    return (counted?.consumedPoints ?? 0) >= LIMITS[kind].points;
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
