import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import type { AdmissionVerdict } from './admission.js';
import { participation } from './participation.js';
import {
  who,
  taskId,
  snapshotId,
  otherSnapshot,
  april,
  sixthOfMay,
  end,
  eighthOfMay,
  seenAt,
  confirmedAt,
  later,
  rule,
  rules,
  admitted,
  asGuest,
  granted,
  expired,
  found,
  opened,
  overdue,
  asked,
  gone,
  removed,
  cancelled,
  confirm,
  admit,
  admitGuest,
  extend,
  expire,
  expireBy,
  seen,
  missing,
} from './campaign.fixture.js';
const { given } = specify(participation);

describe('admission', () => {
  it('[LD-03] lets in whoever passes every gate', () => {
    given()
      .when(admit())
      .expectEvents({ ...record('MemberAdded', admitted.data), rules });
  });

  it('gives a member no end', () => {
    given()
      .when(admit({ guestUntil: end }))
      .expectEvents(record('MemberAdded', admitted.data));
  });

  it('[LD-04] lets a guest in until an end, with a deadline there', () => {
    given().when(admitGuest(end)).expectEvents(record('MemberAdded', asGuest.data), granted);
    expect(participation.deadlines!.GuestAccessGranted!(granted.data)).toEqual([
      { schedule: 'guest', dueAt: end, command: expire },
    ]);
  });

  it('[LD-03][LD-09] refuses past a shut gate, and keeps all reasons as evidence', () => {
    const [category, consent] = [rule('eligible_categories', 'LD-03'), rule('consent_methods', 'LD-09')];
    const verdict: AdmissionVerdict = {
      admitted: false,
      reasons: [
        { code: 'CategoryNotEligible', because: 'No category.', rule: category },
        { code: 'HasLeft', because: 'Left.', rule: category },
        { code: 'ConsentMissing', because: 'No consent.', rule: consent },
      ],
    };
    const refusal = { ...who, reasons: ['CategoryNotEligible', 'HasLeft', 'ConsentMissing'] };
    const evidence = [record('AdmissionRefused', refusal, category, consent)];
    given()
      .when(admit({ verdict }))
      .expectRefused('AdmissionRefused', { obligations: ['LD-03', 'LD-09'], evidence });
    given(admitted).when(admit({ verdict })).expectRefused('AdmissionRefused', { evidence });
  });

  it('changes nothing for somebody who is in', () => {
    given(admitted).when(admit()).expectNothing();
    given(asGuest, granted).when(admitGuest(later)).expectNothing();
  });

  it('accounts for somebody a roster showed, and for a guest who has become a member', () => {
    given(found).when(admit()).expectEvents(record('MemberAdded', admitted.data));
    given(asGuest, granted).when(admit()).expectEvents(record('MemberAdded', admitted.data));
    expect(participation.deadlines!.MemberAdded!(admitted.data)).toEqual([{ cancel: 'guest' }]);
  });

  it('[LD-04] lets a guest whose time is over stay by a new admission, which ends the order', () => {
    given(asGuest, granted, expired, opened())
      .when(admitGuest(later))
      .expectEvents(
        cancelled('extended'),
        record('MemberAdded', asGuest.data),
        record('GuestAccessGranted', { ...granted.data, until: later }),
      );
    given(asGuest, granted, expired)
      .when(admitGuest(later))
      .expectEvents(
        record('MemberAdded', asGuest.data),
        record('GuestAccessGranted', { ...granted.data, until: later }),
      );
  });

  it('[LD-37] ends the order against a member who is admitted again', () => {
    given(admitted, opened({ trigger: 'membership_ended' }))
      .when(admit())
      .expectEvents(cancelled('eligibility_restored'), record('MemberAdded', admitted.data));
  });

  it.each(['on_request', 'conduct', 'age', 'consent_withdrawn'] as const)(
    '[LD-39] does not undo an order because of %s by an admission',
    (trigger) => {
      given(admitted, opened({ trigger })).when(admit()).expectRefused('RemovalOpen');
    },
  );

  it('[LD-39] does not undo a request whose order is still to come', () => {
    given(admitted, asked).when(admit()).expectRefused('RemovalOpen');
  });

  it('lets a person return after having left or been removed', () => {
    given(admitted, gone).when(admit()).expectEvents(record('MemberAdded', admitted.data));
    given(admitted, removed()).when(admit()).expectEvents(record('MemberAdded', admitted.data));
  });
});

describe('guest access', () => {
  const prolonged = record('GuestAccessExtended', { ...who, until: later });

  it('[LD-04] is prolonged before its end, and the deadline moves', () => {
    given(asGuest, granted)
      .when(extend(later), { now: sixthOfMay })
      .expectEvents({ ...prolonged, rules });
    given(asGuest, granted, prolonged).when(extend(later), { now: sixthOfMay }).expectNothing();
    expect(participation.deadlines!.GuestAccessExtended!(prolonged.data)).toEqual([
      { schedule: 'guest', dueAt: later, command: expire },
    ]);
  });

  it('[LD-04] is not prolonged after its end: a new admission is needed', () => {
    const by = { parameter: 'guest_access', obligations: ['LD-04'] };
    given(asGuest, granted).when(extend(later), { now: eighthOfMay }).expectRefused('GuestAccessOver', by);
    given(asGuest, granted).when(extend(later), { now: end }).expectRefused('GuestAccessOver', by);
    given(asGuest, granted, expired).when(extend(later), { now: eighthOfMay }).expectRefused('GuestAccessOver', by);
  });

  it('[LD-04] is prolonged by what was decided in time, although the end fell due meanwhile', () => {
    given(asGuest, granted, expired, opened())
      .when(extend(later), { occurredAt: sixthOfMay, now: eighthOfMay })
      .expectEvents(prolonged, cancelled('extended'));
    given(asGuest, granted, expired, opened({ trigger: 'on_request' }))
      .when(extend(later), { occurredAt: sixthOfMay, now: eighthOfMay })
      .expectEvents(prolonged);
  });

  it('refuses to prolong what is shorter, no guest’s, or nobody’s', () => {
    given(asGuest, granted).when(extend(sixthOfMay), { now: april }).expectRefused('NotAnExtension');
    given(admitted).when(extend(later), { now: april }).expectRefused('NotAGuest');
    given().when(extend(later), { now: april }).expectRefused('NotInGroup');
  });

  it('[LD-05] expires at its end by the deadline, once', () => {
    given(asGuest, granted).when(expire, { now: end }).expectEvents(expired);
    given(asGuest, granted).when(expire, { now: sixthOfMay }).expectNothing();
    given(asGuest, granted, expired).when(expire, { now: eighthOfMay }).expectNothing();
    given(asGuest, granted, prolonged).when(expire, { now: eighthOfMay }).expectNothing();
    given(asGuest, granted, gone).when(expire, { now: eighthOfMay }).expectNothing();
    given(admitted).when(expire, { now: eighthOfMay }).expectNothing();
  });

  it('[LD-05] expires with the activity it is tied to, and no other', () => {
    given(asGuest, granted)
      .when(expireBy(sixthOfMay), { now: sixthOfMay })
      .expectEvents(record('GuestAccessExpired', { ...who, until: sixthOfMay }));
    given(asGuest, granted).when(expireBy(later), { now: later }).expectEvents(expired);
    given(asGuest, granted).when(expireBy(sixthOfMay, taskId), { now: sixthOfMay }).expectNothing();
  });
});

describe('a roster shows the person', () => {
  it('[HSU-07] adds whoever is entitled', () => {
    const entry = { ...who, capacity: 'member', route: 'roster', snapshotId: otherSnapshot } as const;
    given().when(seen(true)).expectEvents(record('MemberAdded', entry));
    given(admitted, gone).when(seen(true)).expectEvents(record('MemberAdded', entry));
    given(admitted, removed({ evidence: 'roster_absent' }))
      .when(seen(true, later))
      .expectEvents(record('MemberAdded', entry));
  });

  const unaccounted = record('MemberFoundInGroup', { ...who, snapshotId: otherSnapshot });

  it('[HSU-07][LD-03] finds whoever is not entitled', () => {
    given()
      .when(seen(false))
      .expectEvents({ ...unaccounted, rules });
  });

  it('[HSU-07] finds a member whose entitlement went unnoticed', () => {
    given(admitted).when(seen(false)).expectEvents(unaccounted);
  });

  it('changes nothing for a member in good standing', () => {
    given(admitted).when(seen(true)).expectNothing();
  });

  it('[LD-05] adds evidence to an open order, once a snapshot, and no second order', () => {
    const evidence = record('RemovalEvidenceAdded', { ...who, taskId, snapshotId: otherSnapshot });
    given(asGuest, granted, expired, opened(), overdue).when(seen(false)).expectEvents(evidence);
    given(asGuest, granted, expired, opened(), overdue, evidence).when(seen(false)).expectNothing();
    given(found, opened())
      .when(seen(false, seenAt, snapshotId))
      .expectNothing();
  });

  it('[LD-05] contradicts an admin’s word that the person is out', () => {
    const contradicted = record('RemovalContradicted', {
      ...who,
      snapshotId: otherSnapshot,
      trigger: 'activity_ended' as const,
    });
    given(admitted, removed({ trigger: 'activity_ended' }))
      .when(seen(true, later))
      .expectEvents(contradicted, unaccounted);
    given(admitted, removed(), { ...contradicted, occurredAt: later }, { ...unaccounted, occurredAt: later }, gone)
      .when(seen(true, later))
      .expectNothing();
  });

  it('counts as later than what happened at the same instant', () => {
    given(admitted).when(missing(april)).expectEvents(record('MemberLeftByThemselves', who));
    given(admitted, { ...gone, occurredAt: seenAt })
      .when(seen(false))
      .expectEvents(unaccounted);
  });

  it('leaves the limited time and the order of a person found inside as they are', () => {
    given(asGuest, granted, found).when(expire, { now: end }).expectEvents(expired);
    given(admitted, opened(), found)
      .when(confirm, { now: end })
      .expectEvents(record('MemberRemoved', removed({ taskId, trigger: 'activity_ended' }).data));
  });

  it('says nothing about what happened after it was taken', () => {
    given(admitted, removed()).when(seen(true, seenAt)).expectNothing();
    given(admitted).when(missing('2026-03-31T09:00:00.000Z')).expectNothing();
  });

  it('[LD-38] takes a person it lacks for gone, or for removed where an order was open', () => {
    given(admitted).when(missing()).expectEvents(record('MemberLeftByThemselves', who));
    given(asGuest, granted, expired, opened())
      .when(missing(), { occurredAt: seenAt, now: confirmedAt })
      .expectEvents(
        record('MemberRemoved', {
          ...who,
          taskId,
          trigger: 'activity_ended' as const,
          evidence: 'roster_absent' as const,
          lateBySeconds: 10 * 3600,
        }),
      );
    given().when(missing()).expectNothing();
  });
});
