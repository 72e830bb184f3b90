import { describe, expect, it } from '@jest/globals';
import type { LyingMessage } from '../../libs/testing/witness.js';
import { check, type Wrong } from './checker.js';
import type { App } from './services.js';
import type { Rows, ServiceView, StoredEvent, View } from './view.js';

const TENANT = 'tenant';
const GROUP = 'group';
const PERSON = 'person';
const TAKEN_AT = Date.parse('2026-05-01T12:00:00.000Z');
const DUE = '2026-05-01T11:00:00.000Z';

let nr = 0;
function event(
  app: App,
  streamId: string,
  version: number,
  name: string,
  data: object,
  more: object = {},
): StoredEvent {
  const context = { recordedAt: '2026-05-01T11:00:00.500Z', ...more };
  return {
    tenantId: TENANT,
    streamId,
    version,
    eventId: `event-${(nr += 1)}`,
    type: `rollcall.${app}.${name}.v1`,
    body: JSON.stringify({ ...context, data }),
  };
}

/** An organisation in which somebody was let in and left, the limit of the order passed, and a record's time is over. */
function story() {
  const about = { groupId: GROUP, personId: PERSON };
  const place = 'participation-1';
  const added = event('membership', place, 1, 'MemberAdded', about);
  const opened = event(
    'membership',
    place,
    2,
    'RemovalTaskOpened',
    { ...about, taskId: 'task', dueAt: DUE },
    { causationId: 'leave' },
  );
  const overdue = event('membership', place, 3, 'RemovalOverdue', { ...about, taskId: 'task', dueAt: DUE });
  const scheduled = event('retention', 'item-1', 1, 'RetentionScheduled', { itemId: 'item', retainUntil: DUE });
  const expired = event('retention', 'item-1', 2, 'RetentionExpired', { itemId: 'item', retainUntil: DUE });
  const given = event('consent', 'consent-1', 1, 'ConsentGiven', about);
  return {
    events: { membership: [added, opened, overdue], consent: [given], retention: [scheduled, expired], gateway: [] },
    rows: {
      history: [added, opened, overdue, given, scheduled, expired].map(({ eventId }) => `${TENANT}/${eventId}`),
      orders: [`${TENANT}/task overdue`],
      present: [`${TENANT}/${GROUP}/${PERSON}`],
      consents: [`${TENANT}/${GROUP}/${PERSON}`],
      deletions: [],
    } satisfies Rows,
    journal: {
      acknowledged: [
        { tenantId: TENANT, path: '/v1', events: [{ eventId: added.eventId, name: 'MemberAdded', streamId: place }] },
      ],
      owed: [
        { tenantId: TENANT, name: 'RemovalTaskOpened', where: about },
        { tenantId: TENANT, name: 'RetentionExpired', where: { itemId: 'item' } },
      ],
    },
  };
}

type Story = ReturnType<typeof story>;

function message({ tenantId, streamId, version, eventId, type, body }: StoredEvent, offset: number): LyingMessage {
  const headers = {
    ce_specversion: '1.0',
    ce_id: eventId,
    ce_type: type,
    ce_subject: streamId,
    ce_tenantid: tenantId,
    ce_streamversion: String(version),
  };
  return { partition: 0, offset: BigInt(offset), key: streamId, headers, value: body };
}

function service(events: readonly StoredEvent[]): ServiceView {
  const sequence = events.map(({ tenantId, streamId, version }, index) => ({
    position: index + 1,
    place: `${tenantId}/${streamId}/${version}`,
  }));
  return { events, sequence, counts: [], parked: 0 };
}

/** What lies there after that story, quiet and whole. */
function whole({ events, rows }: Story): View {
  const services = {
    membership: service(events.membership),
    consent: service(events.consent),
    retention: service(events.retention),
    gateway: service(events.gateway),
  };
  const topics = new Map(Object.entries(events).map(([app, own]) => [`rollcall.${app}`, own.map(message)]));
  return { takenAt: TAKEN_AT, services, topics, rows };
}

/** The kinds of faults found after `harm` was done to what lies there. */
function found(harm: (view: View, told: Story) => View): Wrong[] {
  const told = story();
  const findings = check(told.journal, harm(whole(told), told));
  return [...new Set(findings.map(({ wrong }) => wrong))].toSorted();
}

const membership = (view: View, change: (own: ServiceView) => Partial<ServiceView>): View => {
  const own = view.services.membership;
  return { ...view, services: { ...view.services, membership: { ...own, ...change(own) } } };
};
const topic = (view: View, change: (messages: readonly LyingMessage[]) => readonly LyingMessage[]): View => ({
  ...view,
  topics: new Map(view.topics).set('rollcall.membership', change(view.topics!.get('rollcall.membership')!)),
});
const withRows = (view: View, rows: Partial<Rows>): View => ({ ...view, rows: { ...view.rows, ...rows } });

describe('[R63] the checker of the fault tests', () => {
  it('finds nothing where nothing is wrong, also when messages were delivered again', () => {
    expect(found((view) => view)).toEqual([]);
    expect(found((view) => topic(view, (all) => [...all, ...all]))).toEqual([]);
  });

  it('finds an acknowledged event that is not in the store', () => {
    const gone = (view: View, { journal }: Story) => {
      journal.acknowledged[0]!.events.push({ eventId: 'another', name: 'MemberAdded', streamId: 'participation-2' });
      return view;
    };
    expect(found(gone)).toEqual(['lost']);
  });

  it('finds a consequence that never happened', () => {
    const owing = (view: View, { journal }: Story) => {
      journal.owed.push({ tenantId: TENANT, name: 'LeaverDetected', where: { groupId: '', personId: PERSON } });
      return view;
    };
    expect(found(owing)).toEqual(['owing']);
  });

  it('finds a gap in a stream and in the order of all events', () => {
    const holed = (view: View) => membership(view, ({ events }) => ({ events: [events[0]!, events[2]!] }));
    expect(found(holed)).toContain('gap');
    const unnumbered = (view: View) => membership(view, ({ sequence }) => ({ sequence: sequence.slice(0, 2) }));
    expect(found(unnumbered)).toEqual(['gap']);
    const jumped = (view: View) =>
      membership(view, ({ sequence }) => ({
        sequence: sequence.map(({ position, place }) => ({ position: position < 3 ? position : 4, place })),
      }));
    expect(found(jumped)).toEqual(['gap']);
  });

  it('finds an event that was never published, one that is not ours, and one that was changed on its way', () => {
    expect(found((view) => topic(view, (all) => all.slice(0, 2)))).toEqual(['unpublished']);
    const strange = (view: View, { events }: Story) =>
      topic(view, (all) => [...all, message({ ...events.membership[0]!, eventId: 'never stored' }, 9)]);
    expect(found(strange)).toEqual(['stranger']);
    const changed = (view: View) =>
      topic(view, (all) => [...all.slice(0, 2), { ...all[2]!, value: all[2]!.value.replace('task', 'tusk') }]);
    expect(found(changed)).toEqual(['stranger', 'unpublished']);
  });

  it('finds events of a stream that were first delivered in another order', () => {
    expect(found((view) => topic(view, ([first, second, third]) => [first!, third!, second!]))).toEqual(['disorder']);
  });

  it('finds a second effect of one cause, and a processor that counted an event twice', () => {
    const twice = (view: View) =>
      membership(view, ({ events, sequence }) => {
        const again = { ...events[1]!, version: 4, eventId: 'once more' };
        return {
          events: [...events, again],
          sequence: [...sequence, { position: 4, place: `${TENANT}/${again.streamId}/4` }],
        };
      });
    expect(found(twice)).toContain('doubled');
    const counted = (handled: number) => (view: View) =>
      membership(view, () => ({ counts: [{ processor: 'a processor', topic: 'rollcall.membership', handled }] }));
    expect(found(counted(3))).toEqual([]);
    expect(found(counted(4))).toEqual(['doubled']);
    expect(found(counted(2))).toEqual(['owing']);
  });

  it('finds a deadline that fired before its time', () => {
    const early = (view: View) =>
      membership(view, ({ events }) => ({
        events: events.map((one) => ({ ...one, body: one.body.replace('11:00:00.500', '10:59:59.999') })),
      }));
    const findings = check({ acknowledged: [], owed: [] }, early(whole(story())));
    expect(findings.filter(({ wrong }) => wrong === 'early')).toHaveLength(1);
  });

  it('finds a deadline that fired twice, and one that did not fire', () => {
    const twice = (view: View) =>
      membership(view, ({ events }) => ({ events: [...events, { ...events[2]!, version: 4, eventId: 'once more' }] }));
    expect(found(twice)).toContain('doubled');
    const never = (view: View) => membership(view, ({ events }) => ({ events: events.slice(0, 2) }));
    expect(found(never)).toContain('missed');
  });

  it('finds a read model that is not what its events say', () => {
    const rows: Partial<Rows>[] = [
      { history: [] },
      { orders: [`${TENANT}/task open`] },
      { present: [] },
      { consents: [`${TENANT}/${GROUP}/${PERSON}`, `${TENANT}/${GROUP}/another`] },
      { deletions: [`${TENANT}/unheard of`] },
    ];
    for (const wrong of rows) expect(found((view) => withRows(view, wrong))).toEqual(['readModel']);
    const present = `${TENANT}/${GROUP}/${PERSON}`;
    expect(found((view) => withRows(view, { present: [present, present] }))).toEqual(['doubled']);
  });

  it('finds a message that was set aside', () => {
    expect(found((view) => membership(view, () => ({ parked: 1 })))).toEqual(['parked']);
  });
});
