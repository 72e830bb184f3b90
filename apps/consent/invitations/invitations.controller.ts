import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import { v7 } from 'uuid';
import { invitation, invitationTerms, type InvitationCommands } from '#domain';
import type { Cause, Outcome, Transaction } from '#eventsourcing';
import {
  afterId,
  type Answer,
  type CallOf,
  Command,
  HttpProblem,
  idOf,
  Incoming,
  instantIn,
  invalid,
  listed,
  NEIGHBOURS,
  type Neighbours,
  notFound,
  pastInstantIn,
  PUBLIC_URL,
  Read,
  recorded,
  refusalProblem,
  refused,
  requireGroup,
  requirePolicy,
  Resource,
  ServiceKit,
} from '#nest';
import { mailInvitation } from './invitation-mail.js';
import {
  InvitationGiven,
  InvitationPage,
  InvitationRecorded,
  InvitationsQuery,
  InvitationView,
  IssueInvitation,
  ReissueInvitation,
  RevokeInvitation,
} from './invitations.dto.js';
import { findInvitation, listInvitations, type InvitationRow } from './invitations.read-model.js';
import { qrCode } from './qr.js';
import { notReady, requirePerson } from './ready.js';
import { newToken, tokenHash } from './token.js';

type Wish = Omit<InvitationCommands['IssueInvite'], 'tokenHash' | 'terms'>;
/** What of a request's body is about the way the link goes. */
type Way = { readonly whatsappLink?: string; readonly mailed?: boolean };
/** Ways in whose link is for one person's eyes and so may go to their mailbox. */
const MAILED: readonly string[] = ['emailed_link', 'personal_invite'];

/** Links by which people join of their own accord (LD-12, HSU-03). */
@Resource('invitations', 'Invitations')
export class InvitationsController {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(PUBLIC_URL) private readonly publicUrl: string | undefined,
    @Inject(NEIGHBOURS) private readonly neighbours: Neighbours,
  ) {}

  @Command('', {
    scopes: ['admin', 'moderator'],
    summary: 'Issues an invitation; the link is in this answer alone, and in a mail to its person where it is mailed',
    description:
      'For one person (`personId`) or for whoever an `audience` is. Refused where the policy has no such way in, or nobody in that role to open it (LD-12, HSU-03, HSU-08, HSU-22), and while the group’s notice lacks what the policy requires (LD-11) or the agreement it asks for is not published (LD-28).',
    body: IssueInvitation,
    answers: InvitationGiven,
    secret: true,
  })
  async issue(@Incoming() call: CallOf<typeof IssueInvitation>, @Req() request: Request) {
    const { tx, body, cause } = call;
    const groupId = idOf(body.groupId);
    await requireGroup(tx, groupId);
    if ((body.personId === undefined) === (body.audience === undefined))
      throw invalid([{ field: 'body', rule: 'names either a personId or an audience' }]);
    const { role = 'group_admin', personId: issuer } = body.issuedBy ?? {};
    const wish: Wish = {
      inviteId: idOf(body.inviteId ?? v7()),
      groupId,
      ...(body.personId ? { personId: idOf(body.personId) } : { audience: body.audience }),
      channel: body.channel,
      issuerId: idOf(issuer ?? cause.actor.onBehalfOf ?? call.principal.keyId),
      issuerRole: role,
      expiresAt: instantIn('body/expiresAt', body.expiresAt),
      maxUses: body.maxUses ?? 1,
      reference: body.reference ?? 'crmId',
    };
    if (wish.personId && wish.maxUses !== 1) throw invalid([{ field: 'body/maxUses', rule: 'is 1 for one person' }]);
    if (await findInvitation(tx, wish.inviteId))
      return refused('InviteKnown', 'An invitation of this id was issued already; its link is shown once.');
    if (wish.personId) await requirePerson(this.neighbours, tx.tenantId!, wish.personId);
    return this.give(call, wish, body, request);
  }

  @Command(':inviteId/revoke', {
    scopes: ['admin', 'moderator'],
    summary: 'Ends a link; who joined by it stays',
    body: RevokeInvitation,
    answers: InvitationRecorded,
  })
  async revoke(@Incoming() call: CallOf<typeof RevokeInvitation>) {
    const { tx, body, cause, expectedVersion } = call;
    const { inviteId, groupId } = await known(tx, call.params['inviteId']);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const command = { name: 'RevokeInvite', data: { inviteId, groupId, reason: body.reason } } as const;
    const [outcome] = await this.kit.commands.execute(tx, invitation, cause, [
      { id: inviteId, command, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { inviteId });
  }

  @Command(':inviteId/reissue', {
    scopes: ['admin', 'moderator'],
    summary:
      'Ends a link and issues another in its place; the new link is in this answer, and mailed as the old one was',
    description:
      'On the terms of the old one unless said, for the uses it had left. Give the app’s new link too where the old one is known to somebody who is out.',
    body: ReissueInvitation,
    answers: InvitationGiven,
    secret: true,
  })
  async reissue(@Incoming() call: CallOf<typeof ReissueInvitation>, @Req() request: Request) {
    const { tx, body, cause } = call;
    const old = await known(tx, call.params['inviteId']);
    if (old.reissuedAs) return refused('InviteReissued', 'This invitation has been replaced already.');
    const { groupId, channel, issuerId, issuerRole, reference } = old;
    const wish: Wish = {
      inviteId: idOf(body.inviteId ?? v7()),
      groupId,
      ...(old.personId ? { personId: old.personId } : { audience: old.audience! }),
      channel,
      issuerId,
      issuerRole,
      reference,
      expiresAt: body.expiresAt === undefined ? old.expiresAt : instantIn('body/expiresAt', body.expiresAt),
      maxUses: old.personId ? 1 : (body.maxUses ?? Math.max(1, old.maxUses - old.uses)),
      replaces: old.inviteId,
    };
    const answer = await this.give(call, wish, body, request);
    if (answer.status !== 201) return answer;
    const data = { inviteId: old.inviteId, groupId, reason: body.reason, reissuedAs: wish.inviteId };
    const [ended] = await this.kit.commands.execute(tx, invitation, cause, [
      { id: old.inviteId, command: { name: 'ReissueInvite', data }, expectedVersion: call.expectedVersion },
    ]);
    // Somebody else replaced it at the same moment: with the transaction the second replacement goes too.
    if (ended!.refusal) throw new HttpProblem(refusalProblem(ended!.refusal));
    return answer;
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Every invitation, without its link; `reissueDue` for those that somebody who is out may know',
    query: InvitationsQuery,
    answers: InvitationPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof InvitationsQuery>) {
    return listed(query, afterId, (part) => listInvitations(tx, part), ['inviteId']);
  }

  @Read(':inviteId', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'One invitation, without its link',
    answers: InvitationView,
  })
  one(@Incoming() { tx, params }: CallOf) {
    return known(tx, params['inviteId']);
  }

  private async give(
    { tx, cause }: { tx: Transaction; cause: Cause },
    wish: Wish,
    { whatsappLink, mailed = true }: Way,
    request: Request,
  ): Promise<Answer> {
    const { groupId, inviteId } = wish;
    const policy = await requirePolicy(tx, groupId);
    const missing = await notReady(this.kit, tx, groupId, policy);
    if (missing) return missing;
    if (!whatsappLink && (await this.kit.vault.read(tx, groupId, ['whatsappLink'])).whatsappLink.state !== 'value')
      return refused(
        'GroupLinkMissing',
        'Give the app’s own link into the group with the first invitation (whatsappLink).',
      );
    const token = newToken(tx.tenantId!);
    const data = { ...wish, tokenHash: tokenHash(token), terms: invitationTerms(policy) };
    const [outcome] = await this.kit.commands.execute(tx, invitation, cause, [
      { id: inviteId, command: { name: 'IssueInvite', data } },
    ]);
    if (outcome!.refusal) return recorded(outcome!, { inviteId });
    // Only now: a refused wish changes nothing about the way into the group.
    if (whatsappLink) await this.kit.vault.write(tx, groupId, { whatsappLink });
    const link = `${this.base(request)}/i/${token}`;
    if (mailed && wish.personId && outcome!.events.length > 0 && MAILED.includes(wish.channel))
      await mailInvitation(this.kit, tx, cause, { ...wish, personId: wish.personId, link });
    return this.given(outcome!, inviteId, link);
  }

  private async given(outcome: Outcome, inviteId: string, link: string): Promise<Answer> {
    return recorded(outcome, { inviteId, link, qr: await qrCode(link) });
  }

  /** Where people reach the page: as it is set, or as this request reached us. */
  private base(request: Request): string {
    return this.publicUrl ?? `${request.protocol}://${request.get('host') ?? 'localhost'}`;
  }
}

async function known(tx: Transaction, inviteId: string | undefined): Promise<InvitationRow> {
  const row = await findInvitation(tx, idOf(inviteId));
  if (!row) throw notFound('invitation');
  return row;
}
