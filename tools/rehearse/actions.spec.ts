import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { openApp } from '../../apps/standalone/testing.js';
import { actions } from './actions.js';
import { playAll } from './play.js';
import { readRehearsal } from './read.js';
import { inLines, tally } from './report.js';

const member = { statuses: [{ category: 'member' }], dateOfBirth: '1980-02-11' };
const consent = { person: 'ada', group: 'ward' };
const link = { invitation: 'link' };
const until = (day: string) => `2026-06-${day} 12:00`;

/** One step for each action, in an order in which each is accepted. */
const steps: readonly (readonly [action: string, input: unknown, expect?: object])[] = [
  ['activateProfile', { profile: 'political-party', overrides: { '*': { min_age: 16, agreement_topics: [] } } }],
  ['registerPerson', { person: 'ada', ...member, links: [{ kind: 'hrId', value: 'e-17' }] }],
  ['registerPerson', { person: 'guest', dateOfBirth: '1980-02-11' }],
  ['linkPerson', { person: 'ada', kind: 'alias', value: 'Ada L' }],
  [
    'importPeople',
    {
      csv: 'crmId,hrId,name,email,phone,dateOfBirth,category,status,from\nc-1,,,,,,member,active,2026-05-01T00:00:00Z\n',
    },
  ],
  ['startActivity', { activity: 'drive', kind: 'campaign', endsAt: until('10') }],
  ['registerGroup', { group: 'ward', groupType: 'party-group', admins: ['anna'], activity: 'drive' }],
  ['appointModerator', { group: 'ward', person: 'ben', kind: 'organiser' }],
  ['standDownModerator', { group: 'ward', person: 'ben' }],
  ['stateTextFields', { group: 'ward', fields: { purpose: 'a', duration: 'b' } }],
  [
    'issueInvitation',
    { ...link, group: 'ward', channel: 'emailed_link', audience: 'all', expiresAt: until('10'), maxUses: 5 },
    { invitations: [{ group: 'ward', state: 'open' }] },
  ],
  ['identifyOnPage', { ...link, person: 'anna', dateOfBirth: member.dateOfBirth }, { answers: { status: 200 } }],
  [
    'answerOnPage',
    { ...link, person: 'anna', answer: 'agree' },
    { consents: [{ person: 'anna', group: 'ward', state: 'given', method: 'link_opt_in' }] },
  ],
  [
    'reissueInvitation',
    { ...link, as: 'other', reason: 'left' },
    {
      invitations: [{ state: 'revoked', revokedBecause: 'left', uses: 1 }, { state: 'open' }],
      noOther: ['invitations'],
    },
  ],
  ['revokeInvitation', { invitation: 'other', reason: 'leaked' }, { invitations: [{ revokedBecause: 'leaked' }] }],
  ['presentNotice', { ...consent, items: ['purpose', 'duration'] }],
  ['giveConsent', { ...consent, method: 'verbal', recordedBy: 'anna' }],
  ['presentNotice', { ...consent, person: 'guest', items: ['purpose', 'duration'] }],
  ['giveConsent', { ...consent, person: 'guest', method: 'verbal' }],
  ['addMember', { group: 'ward', person: 'ada' }],
  ['addMember', { group: 'ward', person: 'guest', guest: { until: until('05') } }],
  ['extendGuest', { group: 'ward', person: 'guest', until: until('06') }],
  ['extendActivity', { activity: 'drive', endsAt: until('11') }],
  [
    'importRoster',
    { group: 'ward', participants: ['ada', 'guest', { kind: 'alias', value: 'Blue Horse' }] },
    { discrepancies: [{ group: 'ward', state: 'open' }], noOther: ['discrepancies'] },
  ],
  ['identifyParticipant', { group: 'ward', person: 'ben' }, { discrepancies: [{ state: 'closed', person: 'ben' }] }],
  ['selfLeft', { group: 'ward', person: 'guest' }],
  ['requestRemoval', { group: 'ward', person: 'ada' }],
  ['confirmRemoval', { group: 'ward', person: 'ada' }],
  ['refuseConsent', { person: 'ben', group: 'ward' }],
  ['recordAlternativeChannel', { person: 'ben', group: 'ward', channel: 'post' }],
  ['withdrawConsent', { person: 'guest', group: 'ward' }],
  ['feed', [{ type: 'StatusReported', person: 'ada', category: 'member', status: 'active', from: '2026-05-02 12:00' }]],
  ['crmDelta', { changes: [{ person: 'ben', category: 'member', status: 'ended', from: '2026-05-02 12:00' }] }],
  [
    'scheduleItem',
    { item: 'minutes', owner: 'anna', recordClass: 'message', period: 'P1D', group: 'ward' },
    { retentionItems: [{ item: 'minutes', owner: 'anna', state: 'scheduled' }], noOther: ['retentionItems'] },
  ],
  ['scheduleItem', { item: 'letter', owner: 'anna', recordClass: 'message', period: 'P1D', group: 'ward' }],
  ['endActivity', { activity: 'drive' }],
  ['closeGroup', { group: 'ward' }],
  ['request', { method: 'GET', path: '/v1/people/{person:ada}' }, { answers: { with: { personId: 'ada' } } }],
  // Two days on, so that the item has expired.
  [
    'attestDeletion',
    { item: 'minutes', scope: 'everyone', attestedBy: 'anna' },
    { deletionTasks: [{ item: 'minutes', state: 'attested' }] },
  ],
  [
    'declareNotPossible',
    { item: 'letter', reason: 'device_lost', statedBy: 'anna' },
    {
      deletionTasks: [
        { item: 'minutes', state: 'attested' },
        { item: 'letter', state: 'not_possible' },
      ],
      noOther: ['deletionTasks'],
    },
  ],
];
/** Steps that wait until the items have expired. */
const later = ['attestDeletion', 'declareNotPossible'];

describe('actions', () => {
  it('each has a step here, or in a story that comes with the product', () => {
    const folder = new URL('../../rehearsals/', import.meta.url);
    const stories = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const here = new Set(steps.map(([action]) => action));
    const unused = Object.keys(actions).filter(
      (action) => !here.has(action) && !stories.some((story) => new RegExp(`\\b${action}: `).test(story)),
    );
    expect(unused).toEqual([]);
    expect([...here].filter((action) => !(action in actions))).toEqual([]);
  });

  it('are accepted by the product as the table builds them, and change what they say', async () => {
    const content = stringify({
      title: 'Every action',
      obligations: ['LD-03'],
      clock: '2026-06-01 09:00',
      organisation: { profile: 'political-party' },
      people: { anna: member, ben: member },
      steps: steps.map(([action, input, expected = {}], index) => ({
        at: later.includes(action) ? '2026-06-03 12:00' : `2026-06-01 10:${String(index).padStart(2, '0')}`,
        do: { [action]: input },
        expect: expected,
      })),
    });
    const stories = readRehearsal('every-action.yaml', content);
    const app = await openApp({ at: stories[0]!.start });
    try {
      const [report] = await playAll(stories, app);
      expect(tally([report!]).failed === 0 ? '' : inLines(report!)).toBe('');
      expect(report!.steps).toHaveLength(steps.length);
    } finally {
      await app.close();
    }
  }, 300_000);
});
