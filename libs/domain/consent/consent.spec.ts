import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type ConsentPayloads, eventType, type RecordedEvent, typeOf } from '#events';
import { specify } from '../../testing/specs.js';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, record } from '../decider.js';
import { consent, type ConsentCommands, isLive } from './consent.js';

const about = { personId: '0192f0c1-0000-7000-8000-000000000001', groupId: '0192f0c1-0000-7000-8000-000000000002' };
const admin = '0192f0c1-0000-7000-8000-000000000003';
const rule = (parameter: string, ...obligations: string[]) => ({
  profile: 'political-party@1',
  parameter,
  obligations,
});
const rules = [rule('consent_methods', 'LD-09', 'LD-10'), rule('notice_items', 'LD-11')];
const notice = { ...about, noticeVersion: 'v1', items: ['purpose', 'duration'] };
const spoken = {
  ...about,
  scope: ['group'],
  purpose: 'campaign',
  method: 'verbal' as const,
  noticeVersion: 'v1',
  recordedBy: admin,
};
const asked = { allowedMethods: ['verbal' as const], requiredItems: ['purpose', 'duration'], rules };
const giving = { name: 'GiveConsent', data: { ...spoken, ...asked } } as const;
const leave = { needsAlternative: true, rules: [rule('nonjoiner_channel', 'LD-13')] };
const refusing = { name: 'RefuseConsent', data: { ...about, ...leave } } as const;
const withdrawing = (reason: 'asked' | 'removed' | 'left') =>
  ({ name: 'WithdrawConsent', data: { ...about, reason, ...leave } }) as const;

const presented = record('NoticePresented', notice);
const agreed = record('ConsentGiven', spoken);
const refused = record('ConsentRefused', about);
const withdrawn = record('ConsentWithdrawn', { ...about, reason: 'asked' as const });
const needed = (because: 'refused' | 'removed' | 'withdrawn') =>
  record('AlternativeChannelNeeded', { ...about, because });
const byEmail = record('AlternativeChannelRecorded', { ...about, channel: 'email' as const });
const { given } = specify(consent);

describe('consent', () => {
  describe('telling first', () => {
    it('[LD-11] records which notice the person was shown, with its items', () => {
      given().when({ name: 'PresentNotice', data: notice }).expectEvents(presented);
    });

    it('finds nothing new in the same notice shown again', () => {
      given(presented).when({ name: 'PresentNotice', data: notice }).expectNothing();
    });

    it('[LD-11] records an earlier showing that comes to light later', () => {
      given(presented)
        .when({ name: 'PresentNotice', data: notice }, { occurredAt: '2025-12-31T12:00:00.000Z' })
        .expectEvents(presented);
    });
  });

  describe('giving', () => {
    it('[LD-09][LD-10][LD-11] accepts spoken consent after the full notice, with who took it down', () => {
      given(presented)
        .when(giving)
        .expectEvents({ ...agreed, rules });
    });

    it('finds nothing new in the same consent given again', () => {
      given(presented, agreed).when(giving).expectNothing();
    });

    it('[AMZ-112] records a wider scope agreed to on the same notice', () => {
      const scope = ['group', 'org_record'];
      given(presented, agreed)
        .when({ name: 'GiveConsent', data: { ...giving.data, scope } })
        .expectEvents(record('ConsentGiven', { ...spoken, scope }));
    });

    it('[LD-11] refuses consent without a notice, and keeps the attempt as evidence', () => {
      const reasons = ['NoticeNotPresented' as const];
      given()
        .when(giving)
        .expectRefused('NoticeNotPresented', {
          parameter: 'notice_items',
          obligations: ['LD-11'],
          evidence: [
            record('ConsentRecordingRefused', { ...about, noticeVersion: 'v1', method: 'verbal' as const, reasons }),
          ],
        });
    });

    it('[LD-11] refuses consent on another version of the notice than the person was shown', () => {
      given(record('NoticePresented', { ...notice, noticeVersion: 'v0' }))
        .when(giving)
        .expectRefused('NoticeNotPresented');
    });

    it('[LD-11] tells versions of the agreement apart: another one is shown and agreed to anew', () => {
      const withAgreement = { agreementVersion: 'a1' };
      const shown = record('NoticePresented', { ...notice, ...withAgreement });
      const wish = { name: 'GiveConsent', data: { ...giving.data, ...withAgreement } } as const;
      given(presented).when(wish).expectRefused('NoticeNotPresented');
      given(presented)
        .when({ name: 'PresentNotice', data: { ...notice, ...withAgreement } })
        .expectEvents(shown);
      given(presented, agreed, shown)
        .when(wish)
        .expectEvents(record('ConsentGiven', { ...spoken, ...withAgreement }));
    });

    it('[LD-11] refuses consent that came before the notice', () => {
      given(presented).when(giving, { occurredAt: '2026-01-01T11:59:59.999Z' }).expectRefused('NoticeNotPresented');
    });

    it('[LD-11] refuses consent on a notice that lacks a required item', () => {
      given(record('NoticePresented', { ...notice, items: ['purpose'] }))
        .when(giving)
        .expectRefused('NoticeIncomplete', { parameter: 'notice_items', obligations: ['LD-11'] });
    });

    it('[LD-10] refuses a method the profile does not allow', () => {
      given(presented)
        .when({ name: 'GiveConsent', data: { ...giving.data, method: 'join_after_notice' } })
        .expectRefused('MethodNotAllowed', { parameter: 'consent_methods', obligations: ['LD-10'] });
    });

    it('[LD-10] accepts any method where the profile asks for no consent', () => {
      given(presented)
        .when({ name: 'GiveConsent', data: { ...giving.data, allowedMethods: [] } })
        .expectEvents(agreed);
    });

    it('names every reason of a refusal', () => {
      const data = { ...giving.data, method: 'written' as const };
      const reasons = ['NoticeNotPresented' as const, 'MethodNotAllowed' as const];
      given()
        .when({ name: 'GiveConsent', data })
        .expectRefused('NoticeNotPresented', {
          evidence: [
            record('ConsentRecordingRefused', { ...about, noticeVersion: 'v1', method: 'written' as const, reasons }),
          ],
        });
    });

    it('[LD-09] accepts new consent after a withdrawal', () => {
      given(presented, agreed, withdrawn).when(giving).expectEvents(agreed);
    });

    it('[LD-09] refuses to bring back with an older consent what was withdrawn since', () => {
      given(presented, agreed, { ...withdrawn, occurredAt: '2026-01-03T12:00:00.000Z' })
        .when(giving, { occurredAt: '2026-01-02T12:00:00.000Z', now: '2026-01-04T12:00:00.000Z' })
        .expectRefused('ConsentOutdated', { obligations: ['LD-09'] });
    });
  });

  describe('running out', () => {
    const activityId = '0192f0c1-0000-7000-8000-000000000004';
    const end = '2026-01-05T12:00:00.000Z';
    const limited = record('ConsentGiven', { ...spoken, expiresAt: end });
    const forCampaign = record('ConsentGiven', { ...spoken, activityId });
    const expire = { name: 'DeclareExpired', data: about } as const;
    const expired = (because: 'stated_end' | 'activity_ended' | 'group_closed') =>
      record('ConsentExpired', { ...about, because, expiredAt: end });
    const atEnd = { occurredAt: end, now: end };

    it('[LD-09] [LD-11] runs out at the end that was stated, and not a moment before', () => {
      given(presented, limited).when(expire, { occurredAt: end, now: '2026-01-05T11:59:59.999Z' }).expectNothing();
      given(presented, limited).when(expire, atEnd).expectEvents(expired('stated_end'));
    });

    it('starts its deadline anew with each consent, and none where no end is stated', () => {
      const deadlines = consent.deadlines!.ConsentGiven!;
      expect(deadlines(limited.data)).toEqual([{ schedule: 'expiry', dueAt: end, command: expire }]);
      expect(deadlines(agreed.data)).toEqual([{ cancel: 'expiry' }]);
    });

    it.each([
      ['prolonged', [limited, record('ConsentGiven', { ...spoken, expiresAt: '2026-02-05T12:00:00.000Z' })]],
      ['given without an end since', [limited, agreed]],
      ['taken back', [limited, withdrawn]],
      ['over already', [limited, expired('stated_end')]],
    ] as const)('finds nothing in a deadline of a consent that was %s', (_, history) => {
      given(presented, ...history)
        .when(expire, atEnd)
        .expectNothing();
    });

    it('[LD-05] ends with the activity it was given for, and with no other', () => {
      const over = (id: string) => ({ name: 'EndPurpose', data: { ...about, endedAt: end, activityId: id } }) as const;
      given(presented, forCampaign).when(over(activityId)).expectEvents(expired('activity_ended'));
      given(presented, forCampaign).when(over(admin)).expectNothing();
      given(presented, agreed).when(over(activityId)).expectNothing();
    });

    it('[LD-35] ends with the group, whatever was stated', () => {
      const closed = { name: 'EndPurpose', data: { ...about, endedAt: end } } as const;
      given(presented, agreed).when(closed).expectEvents(expired('group_closed'));
      given(presented, agreed, withdrawn).when(closed).expectNothing();
    });

    it('ends when it was given where the end lay before it and was reported later', () => {
      const endedAt = '2025-12-01T12:00:00.000Z';
      given(presented, forCampaign)
        .when({ name: 'EndPurpose', data: { ...about, endedAt, activityId } })
        .expectEvents(
          record('ConsentExpired', {
            ...about,
            because: 'activity_ended' as const,
            expiredAt: '2026-01-01T12:00:00.000Z',
          }),
        );
    });

    it('[LD-05] refuses consent for an activity that is over', () => {
      given(presented)
        .when({ name: 'GiveConsent', data: { ...giving.data, activityId, purposeEndedAt: '2026-01-01T00:00:00.000Z' } })
        .expectRefused('PurposeOver');
    });

    it('[LD-09] takes a new consent after one that ran out, and keeps both', () => {
      given(presented, limited, expired('stated_end')).when(giving).expectEvents(agreed);
      given(presented, limited).when(giving).expectEvents(agreed);
    });
  });

  describe('saying no', () => {
    it('[LD-13] a refusal asks for another channel', () => {
      given(presented).when(refusing).expectEvents(refused, needed('refused'));
    });

    it('finds nothing new in a second refusal', () => {
      given(refused, needed('refused')).when(refusing).expectNothing();
    });

    it('[LD-13] asks for no other channel where the profile has none', () => {
      given()
        .when({ name: 'RefuseConsent', data: { ...refusing.data, needsAlternative: false } })
        .expectEvents(refused);
    });

    it('[LD-09] a refusal by somebody who had agreed takes the agreement back', () => {
      given(presented, agreed).when(refusing).expectEvents(withdrawn, needed('withdrawn'));
    });

    it('[LD-09][LD-13] a withdrawal is accepted and asks for another channel', () => {
      given(presented, agreed).when(withdrawing('asked')).expectEvents(withdrawn, needed('withdrawn'));
    });

    it('finds nothing new in a second withdrawal', () => {
      given(presented, agreed, withdrawn, needed('withdrawn')).when(withdrawing('asked')).expectNothing();
    });

    it('[LD-13] a member who is removed without consent on record must still be reached', () => {
      given().when(withdrawing('removed')).expectEvents(needed('removed'));
    });

    it.each(['removed', 'left'] as const)('a person who %s before they agreed anew keeps the new consent', (reason) => {
      given(presented, agreed).when(withdrawing(reason), { occurredAt: '2026-01-01T11:00:00.000Z' }).expectNothing();
    });

    it('[LD-09] a withdrawal the person asked for is accepted whenever it was made', () => {
      given(presented, agreed)
        .when(withdrawing('asked'), { occurredAt: '2026-01-01T11:00:00.000Z' })
        .expectEvents(withdrawn, needed('withdrawn'));
    });
  });

  describe('another channel', () => {
    const recording = { name: 'RecordAlternativeChannel', data: { ...about, channel: 'email' } } as const;

    it('[LD-13] closes the need', () => {
      given(refused, needed('refused')).when(recording).expectEvents(byEmail);
    });

    it('finds nothing new in the same channel', () => {
      given(refused, needed('refused'), byEmail).when(recording).expectNothing();
    });

    it('[LD-13] is recorded for somebody without the app, who never refused', () => {
      given().when(recording).expectEvents(byEmail);
    });

    it('[AMZ-113] is of no use for somebody erased, and is then ended once', () => {
      const ending = { name: 'EndAlternativeChannel', data: about } as const;
      const ended = record('AlternativeChannelEnded', about);
      given(refused, needed('refused')).when(ending).expectEvents(ended);
      given(refused, needed('refused'), ended).when(ending).expectNothing();
      given(refused).when(ending).expectNothing();
    });

    it('[LD-13] that is known already is not asked for again', () => {
      given(presented, agreed, byEmail).when(withdrawing('asked')).expectEvents(withdrawn);
    });

    it('[LD-13] is asked for anew when the person agreed in between', () => {
      given(refused, needed('refused'), byEmail, presented, agreed)
        .when(withdrawing('asked'))
        .expectEvents(withdrawn, needed('withdrawn'));
    });
  });

  describe('proof of a notice', () => {
    const byMail = { ...about, channel: 'email' as const, textVersion: 'n1', messageId: admin };
    const byWord = { ...about, channel: 'phone' as const, textVersion: 'n1', attestedBy: admin };

    it.each([byMail, byWord])('[LD-13] is recorded once', (delivery) => {
      const command = { name: 'RecordDelivery', data: delivery } as const;
      given(refused).when(command).expectEvents(record('NoticeDelivered', delivery));
      given(refused, record('NoticeDelivered', delivery)).when(command).expectNothing();
    });

    it('[LD-13] of another version, or by another mail, is another one', () => {
      const delivered = record('NoticeDelivered', byWord);
      const newer = { ...byWord, textVersion: 'n2' };
      given(delivered).when({ name: 'RecordDelivery', data: newer }).expectEvents(record('NoticeDelivered', newer));
      given(delivered).when({ name: 'RecordDelivery', data: byMail }).expectEvents(record('NoticeDelivered', byMail));
    });

    it('[LD-13] is undone by the mail that came back, and by no other', () => {
      const undo = { ...about, messageId: admin };
      const history = [refused, record('NoticeDelivered', byMail)] as const;
      given(...history)
        .when({ name: 'UndoDelivery', data: undo })
        .expectEvents(record('NoticeDeliveryUndone', undo));
      given(refused).when({ name: 'UndoDelivery', data: undo }).expectNothing();
      given(...history, record('NoticeDeliveryUndone', undo))
        .when({ name: 'UndoDelivery', data: undo })
        .expectNothing();
    });
  });

  describe('whatever comes, in whatever order', () => {
    const day = fc.integer({ min: 1, max: 9 });
    const items = fc.subarray(['purpose', 'duration']);
    const method = fc.constantFrom('verbal' as const, 'written' as const);
    const version = fc.constantFrom('v1', 'v2');
    const needsAlternative = fc.boolean();
    const after = fc.record({ needsAlternative }).map((wish) => ({ ...about, ...leave, ...wish }));
    const command: fc.Arbitrary<CommandOf<ConsentCommands>> = fc.oneof(
      fc.record({ items, noticeVersion: version }).map((data) => ({
        name: 'PresentNotice' as const,
        data: { ...about, ...data },
      })),
      fc.record({ method, noticeVersion: version, days: day }).map(({ days, ...data }) => ({
        name: 'GiveConsent' as const,
        data: { ...giving.data, ...data, expiresAt: `2026-01-0${days}T18:00:00.000Z` },
      })),
      after.map((data) => ({ name: 'RefuseConsent' as const, data })),
      fc.tuple(after, fc.constantFrom('asked' as const, 'removed' as const, 'left' as const)).map(([data, reason]) => ({
        name: 'WithdrawConsent' as const,
        data: { ...data, reason },
      })),
      fc.constant({ name: 'DeclareExpired' as const, data: about }),
      fc.constant({ name: 'EndPurpose' as const, data: { ...about, endedAt: '2026-01-05T12:00:00.000Z' } }),
      fc.constantFrom('email' as const, 'sms' as const).map((channel) => ({
        name: 'RecordAlternativeChannel' as const,
        data: { ...about, channel },
      })),
    );

    it('[LD-09][LD-11] the history folds, fits the event language, and consent lives on a full notice only', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(command, day), { maxLength: 30 }), (wishes) => {
          const history = wishes.reduce(carryOn, []);
          for (const { name, data } of history) expect(eventType(typeOf('consent', name))!.faults(data)).toEqual([]);
          const turns = ['ConsentGiven', 'ConsentWithdrawn', 'ConsentExpired'];
          const last = history.findLast(({ name }) => turns.includes(name));
          const isAgreed = last?.name === 'ConsentGiven';
          expect(isLive(fold(consent, history))).toBe(isAgreed);
          if (isAgreed) expect(history.some((event) => isFullNotice(event, last.data))).toBe(true);
        }),
      );
    });
  });
});

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;

/** The history after one more wish on a day of January. */
function carryOn(history: readonly Past[], [{ name, data }, day]: [CommandOf<ConsentCommands>, number]): Past[] {
  const occurredAt = `2026-01-0${day}T12:00:00.000Z`;
  const rows: Record<string, unknown> = consent.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<ConsentPayloads>;
  const decision = decide(data, fold(consent, history), { occurredAt, now: '2026-01-10T12:00:00.000Z' });
  const events = isRefusal(decision) ? decision.evidence : decision;
  return [...history, ...events.map((event) => ({ ...event, data: { ...event.data }, id: 'e', occurredAt }))];
}

function isFullNotice({ name, data }: Past, { noticeVersion }: Past['data']): boolean {
  return (
    name === 'NoticePresented' && data['noticeVersion'] === noticeVersion && (data['items'] as string[]).length === 2
  );
}
