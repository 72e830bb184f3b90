import type { AgeCheck } from '#domain';
import type { Neighbours } from '#nest';

interface Asked {
  readonly tenantId: string;
  readonly groupId: string;
  readonly personId: string;
  /** The worker's own word, which counts where no date of birth is on record. */
  readonly isOldEnough: boolean | undefined;
}
type Opinion = { readonly reasons?: readonly { readonly code: string }[] };

/**
 * Whether somebody has the minimum age of a group (CN-16). Membership is asked for its opinion, so that no date of birth leaves it: what is
 * on record there decides, and where nothing is, the worker's word. Throws the 503 where membership cannot be reached.
 */
export async function checkAge(
  neighbours: Neighbours,
  { tenantId, groupId, personId, isOldEnough }: Asked,
): Promise<AgeCheck> {
  const path = `/v1/groups/${groupId}/members/${personId}/admission`;
  const { status, body } = await neighbours.ask<Opinion>('membership', tenantId, 'GET', path, undefined, {
    system: 'retention.conversations',
  });
  const codes = status === 200 ? (body.reasons ?? []).map(({ code }) => code) : ['AgeUnknown'];
  if (codes.includes('TooYoung')) return 'too_young';
  if (!codes.includes('AgeUnknown')) return 'old_enough';
  if (isOldEnough === undefined) return 'unknown';
  return isOldEnough ? 'old_enough' : 'too_young';
}
