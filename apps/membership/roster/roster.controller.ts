import { Inject } from '@nestjs/common';
import { participation, person, roster, ruleOf, type ResolvedPolicy } from '#domain';
import type { Outcome } from '#eventsourcing';
import {
  activePolicy,
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  eventsOf,
  HttpProblem,
  idOf,
  Incoming,
  listed,
  notFound,
  pageOf,
  problem,
  Read,
  recorded,
  recordReading,
  refusalProblem,
  refused,
  reply,
  Resource,
  ServiceKit,
} from '#nest';
import { knownGroup } from '../groups/groups.controller.js';
import { linkPerson, type Link } from '../people/identity.js';
import { foundRequests, recordRoster, type Recording, type Within } from './record-roster.js';
import {
  DiscrepanciesQuery,
  DiscrepancyView,
  EntryRecorded,
  Identify,
  Roster,
  RosterQuery,
  RosterRecorded,
  RosterView,
} from './roster.dto.js';
import { findDiscrepancy, latestRoster, listDiscrepancies } from './roster.read-model.js';
import { headerOf, phonesIn, readSnapshot } from './snapshot.js';

/** What somebody with a phone sees in a group: the only sight of it there is (LD-06, HSU-07, LD-23). */
@Resource('groups', 'Rosters')
export class RosterController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':groupId/rosters', {
    scopes: ['admin', 'moderator'],
    summary: 'Records who was seen in the group, as JSON or CSV',
    description:
      'Taken whole or not at all. Phone numbers are refused where the policy keeps none. An older roster than the newest is refused.',
    body: Roster,
    query: RosterQuery,
    answers: RosterRecorded,
  })
  async record(@Incoming() call: CallOf<typeof Roster, typeof RosterQuery>) {
    const { tx, body, query, params, cause, expectedVersion } = call;
    const { groupId, groupType, closedAt } = await knownGroup(tx, params['groupId']);
    if (closedAt) return refused('GroupClosed', 'The group is closed.');
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const keepsPhones = policy.parameters.phone_storage.value !== 'never';
    const columns = headerOf(body).filter((name) => /phone|mobile|number/.test(name));
    if (!keepsPhones && columns.length > 0) return phonesRefused(policy, ['body/header']);
    const snapshot = readSnapshot(tx, body, query);
    const phones = keepsPhones ? [] : phonesIn(snapshot);
    if (phones.length > 0) return phonesRefused(policy, phones);
    const recording = await recordRoster({ kit: this.kit, tx, cause, groupId, policy }, snapshot, expectedVersion);
    return told(snapshot.snapshotId, recording);
  }

  @Read(':groupId/rosters/latest', {
    scopes: ['admin', 'moderator'],
    summary: 'The newest roster of the group',
    answers: RosterView,
  })
  async latest(@Incoming() { tx, params }: Call) {
    const { groupId } = await knownGroup(tx, params['groupId']);
    const row = await latestRoster(tx, groupId);
    if (!row) throw notFound('roster');
    return row;
  }

  @Read(':groupId/discrepancies', {
    scopes: ['admin', 'moderator'],
    summary: 'Participants nobody could name, the most urgent first',
    query: DiscrepanciesQuery,
    answers: pageOf(DiscrepancyView),
  })
  async discrepancies(@Incoming() call: CallOf<never, typeof DiscrepanciesQuery>) {
    const { tx, params, query } = call;
    const { groupId } = await knownGroup(tx, params['groupId']);
    const { items, next } = await listed(query, afterInstant, (part) => listDiscrepancies(tx, groupId, part), [
      'dueAt',
      'entryId',
    ]);
    const ids = items.map(({ entryId }) => entryId);
    const kept = await this.kit.vault.readMany(tx, ids, ['kind', 'value']);
    const shown = ids.filter((id) => kept.get(id)!.value.state === 'value');
    await recordReading(this.kit, call, ...shown.map((subjectId) => ({ subjectId, fields: ['value'] })));
    return { items: items.map((row) => ({ ...row, ...kept.get(row.entryId)! })), next };
  }

  @Command(':groupId/discrepancies/:entryId/identify', {
    scopes: ['admin', 'moderator'],
    summary: 'Says who an unknown participant is; from then on rosters recognise them',
    body: Identify,
    answers: EntryRecorded,
  })
  async identify(@Incoming() call: CallOf<typeof Identify>) {
    const { tx, body, params, cause, expectedVersion } = call;
    const { groupId, groupType } = await knownGroup(tx, params['groupId']);
    const entryId = idOf(params['entryId']);
    const personId = idOf(body.personId);
    if (!(await findDiscrepancy(tx, groupId, entryId))) throw notFound('participant');
    const known = await this.kit.commands.states(tx, person, [personId]);
    if (known.get(personId)!.version === 0) throw notFound('person');
    const policy = await activePolicy(tx, groupType);
    if (!policy) return refused('NoPolicyInForce', 'No profile is active for the type of this group.');
    const command = { name: 'IdentifyEntry' as const, data: { groupId, entryId, personId } };
    const version = expectedVersion === undefined ? {} : { expectedVersion };
    const [outcome] = await this.kit.commands.execute(tx, roster, cause, [{ id: groupId, command, ...version }]);
    if (outcome!.events.length > 0)
      await this.isThisPerson({ kit: this.kit, tx, cause, groupId, policy }, entryId, personId);
    return recorded(outcome!, { entryId });
  }

  /** Whoever the stranger was has been in the group since the roster that shows them, and is known by this look from now on. */
  private async isThisPerson(within: Within, entryId: string, personId: string): Promise<void> {
    const { kit, tx, cause, groupId } = within;
    const { kind, value } = await kit.vault.read(tx, entryId, ['kind', 'value']);
    if (kind.state === 'value' && value.state === 'value') {
      const link = {
        kind: kind.value as Link['kind'],
        value: value.value,
        source: 'roster',
        confidence: 'matched',
      } as const;
      const linked = await linkPerson(kit, tx, cause, { ...link, personId, occurredAt: tx.now });
      if ('disagree' in linked)
        throw new HttpProblem(problem(409, 'LinksDisagree', 'This participant is known to be somebody else by now.'));
    }
    await kit.vault.erase(tx, entryId);
    const newest = await latestRoster(tx, groupId);
    if (newest) await kit.commands.execute(tx, participation, cause, await foundRequests(within, newest, [personId]));
  }
}

/** A roster with phone numbers where none may be kept: nothing of it is stored (HSU-04). */
function phonesRefused(policy: ResolvedPolicy, fields: readonly string[]): Answer {
  const because = 'The organisation keeps no phone numbers, so nothing of this roster was stored.';
  const rules = [ruleOf(policy, 'phone_storage')];
  const errors = fields.slice(0, 100).map((field) => ({ field, rule: 'must not be a phone number' }));
  return new Answer(409, { ...refusalProblem({ refused: 'PhonesAreNotKept', because, rules, evidence: [] }), errors });
}

function told(snapshotId: string, { roster: outcome, participations, ...counts }: Recording): Answer {
  const all: readonly Outcome[] = [outcome, ...participations];
  const count = (name: string) =>
    participations.flatMap(({ events }) => events).filter((event) => event.name === name).length;
  const results = {
    removed: count('MemberRemoved'),
    notEntitled: count('MemberFoundInGroup'),
    contradicted: count('RemovalContradicted'),
  };
  const body = { snapshotId, ...counts, ...results, version: outcome.version, events: eventsOf(...all) };
  return reply(outcome, body, outcome.events.length > 0 ? 201 : 200);
}
