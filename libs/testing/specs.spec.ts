import { describe, expect, it } from '@jest/globals';
import { nothing, record, refuse, type Decider } from '#domain';
import { specify } from './specs.js';

type Events = { DoorOpened: { by: string }; DoorClosed: { after: string }; KnockIgnored: object };
type Commands = { Open: { by: string }; Close: object; Knock: object };
const rule = { profile: 'house@1', parameter: 'opening_hours', obligations: ['H-01', 'H-02'] };

const door: Decider<string | undefined, Commands, Events> = {
  category: 'door',
  initial: undefined,
  decide: {
    Open: ({ by }, openSince) => (openSince ? nothing : [record('DoorOpened', { by }, rule)]),
    Close: (_, openSince, { occurredAt, now }) => [
      record('DoorClosed', { after: `${openSince} ${occurredAt} ${now}` }, rule),
    ],
    Knock: () => refuse<Events>('Shut', 'Nobody is in.', [rule], [record('KnockIgnored', {}, rule)]),
  },
  evolve: {
    DoorOpened: (_, __, { id, occurredAt }) => `${id} ${occurredAt}`,
    DoorClosed: () => undefined,
    KnockIgnored: (state) => state,
  },
};
const { given } = specify(door);
const opened = record('DoorOpened', { by: 'a' });
const open = { name: 'Open', data: { by: 'a' } } as const;
const knock = { name: 'Knock', data: {} } as const;

const fails = (expectation: () => void) => expect(expectation).toThrow('expect(');

describe('the sentences of a decider’s tests', () => {
  it('compares the events, and their rules where the test names them', () => {
    given().when(open).expectEvents(opened);
    given()
      .when(open)
      .expectEvents(record('DoorOpened', { by: 'a' }, rule));
    const other = { ...rule, parameter: 'other' };
    fails(() =>
      given()
        .when(open)
        .expectEvents(record('DoorOpened', { by: 'a' }, other)),
    );
    fails(() =>
      given()
        .when(open)
        .expectEvents(record('DoorOpened', { by: 'b' })),
    );
    fails(() => given().when(open).expectEvents());
    fails(() => given().when(open).expectEvents(opened, opened));
  });

  it('folds what is given, with ids and times, and hands over the moment', () => {
    const moment = { occurredAt: '2026-02-01T00:00:00.000Z', now: '2026-02-02T00:00:00.000Z' };
    given({ ...opened, id: 'e1', occurredAt: '2026-01-31T00:00:00.000Z' })
      .when({ name: 'Close', data: {} }, moment)
      .expectEvents(record('DoorClosed', { after: `e1 2026-01-31T00:00:00.000Z ${moment.occurredAt} ${moment.now}` }));
  });

  it('tells nothing from events and from a refusal', () => {
    given(opened).when(open).expectNothing();
    fails(() => given().when(open).expectNothing());
    fails(() => given().when(knock).expectNothing());
    fails(() => given().when(knock).expectEvents());
  });

  it('compares a refusal’s code, parameter, obligations and evidence', () => {
    given()
      .when(knock)
      .expectRefused('Shut', {
        parameter: 'opening_hours',
        obligations: ['H-02'],
        evidence: [record('KnockIgnored', {})],
      });
    fails(() => given().when(open).expectRefused('Shut'));
    fails(() => given().when(knock).expectRefused('Open'));
    fails(() => given().when(knock).expectRefused('Shut', { parameter: 'other' }));
    fails(() =>
      given()
        .when(knock)
        .expectRefused('Shut', { obligations: ['H-03'] }),
    );
    fails(() => given().when(knock).expectRefused('Shut', { evidence: [] }));
  });
});
