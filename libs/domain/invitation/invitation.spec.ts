import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type ConsentPayloads, eventType, type RecordedEvent, typeOf } from '#events';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { closedBecause, hasAccepted, invitation, type InvitationCommands, invitationTerms } from './invitation.js';

const id = (n: number) => `0192f0c1-0000-7000-8000-00000000000${n}`;
const about = { inviteId: id(1), groupId: id(2) };
const [ada, ben, admin] = [id(3), id(4), id(5)];
const issued = {
  ...about,
  channel: 'emailed_link' as const,
  issuerId: admin,
  issuerRole: 'group_admin' as const,
  tokenHash: 'x'.repeat(43),
  expiresAt: '2026-01-08T12:00:00.000Z',
  maxUses: 2,
  reference: 'crmId' as const,
};
const policyOf = (profile: string, groupType: string) => resolvePolicy(loadProfiles().get(profile)!, groupType);
const party = invitationTerms(policyOf('political-party', 'party-group'));
const issuing = { name: 'IssueInvite', data: { ...issued, terms: party } } as const;
const open = record('InviteIssued', issued);
const personal = record('InviteIssued', { ...issued, personId: ada, maxUses: 1 });
const accepted = (personId: string, use: number) => record('InviteAccepted', { ...about, personId, use });
const accepting = (personId: string) => ({ name: 'AcceptInvite', data: { ...about, personId } }) as const;
const revoked = record('InviteRevoked', { ...about, reason: 'leaked' as const });
const due = record('InviteReissueDue', { ...about, because: 'member_left' as const });
const declaring = { name: 'DeclareReissueDue', data: { ...about, because: 'member_left' } } as const;
const reissuing = { name: 'ReissueInvite', data: { ...about, reason: 'leaked', reissuedAs: id(6) } } as const;
const reissued = record('InviteReissued', { ...about, reissuedAs: id(6) });
const notAccepted = (personId: string, reason: ConsentPayloads['InviteAcceptanceRefused']['reason']) =>
  record('InviteAcceptanceRefused', { ...about, personId, reason });
const { given } = specify(invitation);

describe('issuing', () => {
  it('[LD-12] an emailed link is a way in where the party’s policy has it', () => {
    given()
      .when(issuing)
      .expectEvents({ ...open, rules: [party.routeRule, party.roleRule] });
  });

  it('finds nothing new in the same invitation issued again', () => {
    given(open).when(issuing).expectNothing();
  });

  const inSociety = invitationTerms(policyOf('students-union', 'society'));
  it('[HSU-03][HSU-08] a society’s link goes out by email or as a code and in no other way', () => {
    const data = { ...issued, issuerRole: 'committee' as const, terms: inSociety };
    given()
      .when({ name: 'IssueInvite', data })
      .expectEvents(record('InviteIssued', { ...issued, issuerRole: 'committee' }));
    const { inviteId, groupId } = about;
    const wrong = { inviteId, groupId, channel: 'personal_invite' as const, issuerRole: 'committee' as const };
    given()
      .when({ name: 'IssueInvite', data: { ...data, ...wrong } })
      .expectRefused('RouteNotAllowed', {
        parameter: 'join_routes',
        obligations: ['HSU-03', 'HSU-08'],
        evidence: [record('InviteIssuingRefused', { ...wrong, reason: 'route_not_allowed' as const })],
      });
  });

  it('[HSU-22] a rep group’s link is issued by staff and by nobody else', () => {
    const terms = invitationTerms(policyOf('students-union', 'representative'));
    const data = { ...issued, channel: 'staff_issued_link' as const, terms };
    given()
      .when({ name: 'IssueInvite', data })
      .expectRefused('IssuerNotAllowed', {
        parameter: 'add_authority',
        obligations: ['HSU-22'],
      });
    given()
      .when({ name: 'IssueInvite', data: { ...data, issuerRole: 'staff' } })
      .expectEvents(record('InviteIssued', { ...issued, channel: 'staff_issued_link', issuerRole: 'staff' }));
  });

  it('refuses one that has ended before it begins', () => {
    given().when(issuing, { now: issued.expiresAt }).expectRefused('ExpiryPassed');
  });
});

describe('accepting', () => {
  it('[LD-12] counts each person once, as often as it may be used', () => {
    given(open).when(accepting(ada)).expectEvents(accepted(ada, 1));
    given(open, accepted(ada, 1)).when(accepting(ben)).expectEvents(accepted(ben, 2));
  });

  it('finds nothing new in the same person, whatever became of the link', () => {
    given(open, accepted(ada, 1), revoked).when(accepting(ada)).expectNothing();
  });

  it.each([
    ['InviteUsedUp', 'used_up', [open, accepted(ada, 1), accepted(id(7), 2)], '2026-01-02T12:00:00.000Z'],
    ['InviteExpired', 'expired', [open], issued.expiresAt],
    ['InviteRevoked', 'revoked', [open, revoked], '2026-01-02T12:00:00.000Z'],
    ['InviteForAnother', 'other_person', [personal], '2026-01-02T12:00:00.000Z'],
  ] as const)('[LD-12] refuses with %s, and keeps the attempt as evidence', (code, reason, past, now) => {
    given(...past)
      .when(accepting(ben), { now })
      .expectRefused(code, { evidence: [notAccepted(ben, reason)] });
  });

  it('refuses what nobody issued', () => {
    given().when(accepting(ada)).expectRefused('InviteUnknown');
  });
});

describe('ending and replacing', () => {
  it('ends once', () => {
    const revoking = { name: 'RevokeInvite', data: { ...about, reason: 'leaked' } } as const;
    given(open).when(revoking).expectEvents(revoked);
    given(open, revoked).when(revoking).expectNothing();
    given().when(revoking).expectRefused('InviteUnknown');
  });

  it('[HSU-08] a shared link should be replaced when somebody who knows it is out; told once', () => {
    given(open).when(declaring).expectEvents(due);
    given(open, due).when(declaring).expectNothing();
  });

  it('leaves a personal link, and one that has ended, alone', () => {
    given(personal).when(declaring).expectNothing();
    given(open, revoked).when(declaring).expectNothing();
    given().when(declaring).expectNothing();
  });

  it('[HSU-08] a replacement ends the old link and names the new one, once', () => {
    given(open, due).when(reissuing).expectEvents(revoked, reissued);
    given(open, revoked).when(reissuing).expectEvents(reissued);
    given(open, revoked, reissued).when(reissuing).expectRefused('InviteReissued');
    given().when(reissuing).expectRefused('InviteUnknown');
  });
});

describe('whatever comes, in whatever order', () => {
  const command: fc.Arbitrary<CommandOf<InvitationCommands>> = fc.oneof(
    fc.constantFrom<CommandOf<InvitationCommands>>(issuing, declaring, reissuing, accepting(ada), accepting(ben)),
    fc.constant<CommandOf<InvitationCommands>>({ name: 'RevokeInvite', data: { ...about, reason: 'left' } }),
  );
  const day = fc.integer({ min: 1, max: 9 });

  it('[LD-12] the history folds, fits the event language, and never holds more uses than were allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, day), { maxLength: 20 }), (wishes) => {
        const history = wishes.reduce(carryOn, []);
        for (const { name, data } of history) expect(eventType(typeOf('consent', name))!.faults(data)).toEqual([]);
        const state = fold(invitation, history);
        const uses = history.filter(({ name }) => name === 'InviteAccepted');
        expect(uses.length).toBeLessThanOrEqual(issued.maxUses);
        expect(new Set(uses.map(({ data }) => data['personId'])).size).toBe(uses.length);
        expect(uses.every(({ data }) => hasAccepted(state, String(data['personId'])))).toBe(true);
        if (uses.length === issued.maxUses)
          expect(closedBecause({ ...state, uses: uses.length }, '2026-01-01T12:00:00.000Z')).toBeDefined();
      }),
    );
  });
});

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;

/** The history after one more wish on a day of January. */
function carryOn(history: readonly Past[], [{ name, data }, day]: [CommandOf<InvitationCommands>, number]): Past[] {
  const occurredAt = `2026-01-0${day}T12:00:00.000Z`;
  const rows: Record<string, unknown> = invitation.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<ConsentPayloads>;
  const decision = decide(data, fold(invitation, history), { occurredAt, now: occurredAt });
  const events = isRefusal(decision) ? decision.evidence : decision;
  return [...history, ...events.map((event) => ({ ...event, data: { ...event.data }, id: 'e', occurredAt }))];
}
