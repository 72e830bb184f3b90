/** A way in: a link for one person or for an audience, with an end, a number of uses, and somebody who answers for it. */
import type { ConsentPayloads, Rule } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, type NewEventOf, nothing, record, refuse } from '../decider.js';
import type { PolicyParameters } from '../policy/parameters.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type Issued = ConsentPayloads['InviteIssued'];
type RevokeReason = ConsentPayloads['InviteRevoked']['reason'];
type Events = Pick<
  ConsentPayloads,
  | 'InviteIssued'
  | 'InviteIssuingRefused'
  | 'InviteAccepted'
  | 'InviteAcceptanceRefused'
  | 'InviteRevoked'
  | 'InviteReissueDue'
  | 'InviteReissued'
>;
type About = { readonly inviteId: string; readonly groupId: string };
/** What a group's policy says of invitations: `routes` and `roles` that may issue them, with the rules. */
export type InvitationTerms = {
  readonly routes: PolicyParameters['join_routes'];
  readonly roles: PolicyParameters['add_authority']['roles'];
  readonly routeRule: Rule;
  readonly roleRule: Rule;
};

export type InvitationCommands = {
  /** `terms` are those of the group's policy when it is issued. Times are ISO 8601 UTC. */
  IssueInvite: Issued & { readonly terms: InvitationTerms };
  AcceptInvite: About & { readonly personId: string };
  RevokeInvite: About & { readonly reason: RevokeReason };
  DeclareReissueDue: About & { readonly because: ConsentPayloads['InviteReissueDue']['because'] };
  /** Ends this link in favour of another, which is issued beside it. */
  ReissueInvite: About & { readonly reason: RevokeReason; readonly reissuedAs: string };
};

type Invitation = {
  readonly status: 'unknown' | 'open' | 'revoked';
  readonly isPersonal: boolean;
  readonly personId?: string;
  readonly expiresAt: string;
  readonly maxUses: number;
  readonly rules: readonly Rule[];
  readonly acceptedBy: ReadonlySet<string>;
  readonly isReissueDue: boolean;
  readonly isReissued: boolean;
};

/** What a policy says of invitations, in the form IssueInvite takes it (LD-12, HSU-03, HSU-08, HSU-22). */
export function invitationTerms(policy: ResolvedPolicy): InvitationTerms {
  return {
    routes: policy.parameters.join_routes.value,
    roles: policy.parameters.add_authority.value.roles,
    routeRule: ruleOf(policy, 'join_routes'),
    roleRule: ruleOf(policy, 'add_authority'),
  };
}

/** Why a link lets nobody new in at `now` (ISO 8601 UTC); undefined while it does. */
export function closedBecause(
  link: { readonly status: string; readonly expiresAt: string; readonly maxUses: number; readonly uses: number },
  now: string,
): ConsentPayloads['InviteAcceptanceRefused']['reason'] | undefined {
  if (link.status === 'revoked') return 'revoked';
  if (compareInstants(now, link.expiresAt) >= 0) return 'expired';
  return link.uses >= link.maxUses ? 'used_up' : undefined;
}

/** Whether this person has joined by the link: they may come back to it whatever became of it. */
export const hasAccepted = ({ acceptedBy }: Invitation, personId: string): boolean => acceptedBy.has(personId);

const SENTENCES = {
  expired: 'This invitation has expired.',
  revoked: 'This invitation was withdrawn.',
  used_up: 'This invitation has been used as often as it may be.',
  other_person: 'This invitation is for somebody else.',
} as const;

export const invitation: Decider<Invitation, InvitationCommands, Events> = {
  category: 'invite',
  initial: {
    status: 'unknown',
    isPersonal: false,
    expiresAt: '',
    maxUses: 0,
    rules: [],
    acceptedBy: new Set(),
    isReissueDue: false,
    isReissued: false,
  },
  decide: {
    IssueInvite: issue,
    AcceptInvite: accept,
    RevokeInvite: ({ inviteId, groupId, reason }, state) =>
      known(state, () =>
        state.status === 'revoked' ? nothing : [record('InviteRevoked', { inviteId, groupId, reason })],
      ),
    /** Only a link that many share can have been passed on by somebody who is out. */
    DeclareReissueDue: ({ inviteId, groupId, because }, state) =>
      state.status !== 'open' || state.isPersonal || state.isReissueDue
        ? nothing
        : [record('InviteReissueDue', { inviteId, groupId, because })],
    ReissueInvite: reissue,
  },
  evolve: {
    InviteIssued: (state, { personId, expiresAt, maxUses }) => ({
      ...state,
      status: 'open',
      isPersonal: personId !== undefined,
      ...(personId ? { personId } : {}),
      expiresAt,
      maxUses,
    }),
    InviteIssuingRefused: (state) => state,
    InviteAccepted: (state, { personId }) => ({ ...state, acceptedBy: new Set(state.acceptedBy).add(personId) }),
    InviteAcceptanceRefused: (state) => state,
    InviteRevoked: (state) => ({ ...state, status: 'revoked', isReissueDue: false }),
    InviteReissueDue: (state) => ({ ...state, isReissueDue: true }),
    InviteReissued: (state) => ({ ...state, isReissued: true }),
  },
};

function known(state: Invitation, rule: () => Decision<Events>): Decision<Events> {
  return state.status === 'unknown' ? refuse('InviteUnknown', 'There is no such invitation.') : rule();
}

/** A link is issued by a route the profile has (LD-12, HSU-03, HSU-08), in the name of a role it allows (HSU-22), for a time to come. */
function issue({ terms, ...issued }: InvitationCommands['IssueInvite'], state: Invitation, { now }: Moment) {
  if (state.status !== 'unknown') return nothing;
  const { inviteId, groupId, channel, issuerRole, expiresAt } = issued;
  const no = (
    reason: ConsentPayloads['InviteIssuingRefused']['reason'],
    code: string,
    because: string,
    rules: Rule[],
  ) =>
    refuse<Events>(code, because, rules, [
      record('InviteIssuingRefused', { inviteId, groupId, channel, issuerRole, reason }, ...rules),
    ]);
  if (!terms.routes.includes(channel))
    return no('route_not_allowed', 'RouteNotAllowed', `The profile lets nobody in by the route ${channel}.`, [
      terms.routeRule,
    ]);
  if (!terms.roles.includes(issuerRole))
    return no('issuer_not_allowed', 'IssuerNotAllowed', `The profile has no invitations issued by: ${issuerRole}.`, [
      terms.roleRule,
    ]);
  if (compareInstants(expiresAt, now) <= 0)
    return refuse<Events>('ExpiryPassed', 'An invitation has to end in the future.');
  return [record('InviteIssued', issued, terms.routeRule, terms.roleRule)];
}

/** The same person again is nothing new; nobody new comes in by a link that has ended. */
function accept(
  { inviteId, groupId, personId }: InvitationCommands['AcceptInvite'],
  state: Invitation,
  { now }: Moment,
) {
  return known(state, () => {
    if (state.acceptedBy.has(personId)) return nothing;
    const isOther = state.personId !== undefined && state.personId !== personId;
    const reason = isOther ? 'other_person' : closedBecause({ ...state, uses: state.acceptedBy.size }, now);
    if (!reason) return [record('InviteAccepted', { inviteId, groupId, personId, use: state.acceptedBy.size + 1 })];
    const refused = record('InviteAcceptanceRefused', { inviteId, groupId, personId, reason });
    return refuse<Events>(CODES[reason], SENTENCES[reason], [], [refused]);
  });
}

const CODES = {
  expired: 'InviteExpired',
  revoked: 'InviteRevoked',
  used_up: 'InviteUsedUp',
  other_person: 'InviteForAnother',
} as const;

function reissue({ inviteId, groupId, reason, reissuedAs }: InvitationCommands['ReissueInvite'], state: Invitation) {
  return known(state, () => {
    if (state.isReissued) return refuse('InviteReissued', 'This invitation has been replaced already.');
    const ended: NewEventOf<Events>[] =
      state.status === 'revoked' ? [] : [record('InviteRevoked', { inviteId, groupId, reason })];
    return [...ended, record('InviteReissued', { inviteId, groupId, reissuedAs })];
  });
}
