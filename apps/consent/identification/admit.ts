import { setTimeout as delay } from 'node:timers/promises';
import { HttpProblem, type Neighbours } from '#nest';
import type { InvitationRow } from '../invitations/invitations.read-model.js';

export const PAGE = 'consent.invitation-page';

/** Whether the person is in the register of the group now: or why not, in sentences, or that nobody could say in time. */
export type Admission =
  | { readonly state: 'admitted' }
  | { readonly state: 'refused'; readonly because: readonly string[] }
  | { readonly state: 'waiting' };

type Verdict = {
  readonly isMember?: boolean;
  readonly admitted?: boolean;
  readonly reasons?: readonly { readonly code: string; readonly because: string }[];
  readonly detail?: string;
};

const TRIES = 24;
const PAUSE = 250; // milliseconds

/**
 * Asks membership to let somebody in who has agreed. News of the consent travels as an event: until it has arrived, membership would
 * refuse for want of it, so it is asked for its opinion first, for some six seconds. Asking twice does no harm.
 */
export async function admit(
  neighbours: Neighbours,
  tenantId: string,
  { groupId, channel }: Pick<InvitationRow, 'groupId' | 'channel'>,
  personId: string,
): Promise<Admission> {
  const by = { system: PAGE, onBehalfOf: personId };
  const members = `/v1/groups/${groupId}/members`;
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const opinion = `${members}/${personId}/admission?route=${channel}`;
      const { status, body } = await neighbours.ask<Verdict>('membership', tenantId, 'GET', opinion, undefined, by);
      if (status === 200 && body.isMember) return { state: 'admitted' };
      const isTooEarly = status === 404 || (body.reasons ?? []).some(({ code }) => code === 'ConsentMissing');
      if (!isTooEarly) return await letIn(neighbours, tenantId, members, { personId, route: channel }, by);
      await delay(PAUSE);
    }
  } catch (error) {
    // The consent is recorded; the person is told to come back for the rest.
    if (!(error instanceof HttpProblem)) throw error;
  }
  return { state: 'waiting' };
}

async function letIn(
  neighbours: Neighbours,
  tenantId: string,
  path: string,
  wish: { personId: string; route: string },
  by: { system: string; onBehalfOf: string },
): Promise<Admission> {
  const { status, body } = await neighbours.ask<Verdict>('membership', tenantId, 'POST', path, wish, by);
  if (status < 300) return { state: 'admitted' };
  if (status !== 409) return { state: 'waiting' };
  const because = body.reasons?.map((reason) => reason.because) ?? [body.detail ?? ''];
  return { state: 'refused', because: because.filter(Boolean) };
}
