import { Inject } from '@nestjs/common';
import { liveCategories, person, refuse } from '#domain';
import type { Outcome, Transaction } from '#eventsourcing';
import {
  Answer,
  type Call,
  type CallOf,
  checked,
  Command,
  HttpProblem,
  Incoming,
  instantIn,
  invalid,
  notFound,
  pastInstantIn,
  problem,
  Read,
  recordReading,
  refusalProblem,
  reply,
  Resource,
  ServiceKit,
} from '#nest';
import { findPeople, isPhone, linkPerson, normalised, phoneNumber, verify, type Link } from './identity.js';
import { importPeople } from './import.js';
import * as dto from './people.dto.js';
import { groupsOf, leavesOf, linksOf, statusesOf } from './people.read-model.js';
import { isBirthDate, personalFields, phoneBan, phoneKeepers, phoneRules } from './personal.js';
import { recordPeople } from './record.js';

const eventsIn = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap(({ events }) => events.map(({ id, name, streamId }) => ({ eventId: id, name, streamId })));

/** A refusal that leaves nothing behind, not even that it was asked. */
function refused(...refusal: Parameters<typeof refuse>): HttpProblem {
  return new HttpProblem(refusalProblem(refuse(...refusal)));
}

const linksDisagree = () =>
  refused('LinksDisagree', 'The identifiers belong to different people; nothing was recorded.');

/** People, by the identifiers that other systems know them by. */
@Resource('people', 'People')
export class PeopleController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'feed:hr', 'feed:crm'],
    summary: 'Makes a person known, or adds to one who is known by any of the identifiers',
    body: dto.RegisterPerson,
    answers: dto.PersonRecorded,
  })
  async register(@Incoming() { tx, body, cause }: CallOf<typeof dto.RegisterPerson>) {
    const { links, name, email, phone, dateOfBirth, source, personId } = body;
    const reportedAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const statuses = (body.statuses ?? []).map((status, index) => ({
      ...status,
      from: instantIn(`body/statuses/${index}/from`, status.from),
    }));
    links.forEach((link, index) => checkLink(link, `body/links/${index}/value`));
    if (dateOfBirth !== undefined && !isBirthDate(dateOfBirth, tx.now))
      throw invalid([{ field: 'body/dateOfBirth', rule: 'must be a date on which somebody living was born' }]);
    if (phone !== undefined || links.some(isPhone)) await refusePhonesWhereBanned(tx);
    const e164 = phone === undefined ? undefined : phoneNumber(phone);
    if (phone !== undefined && e164 === undefined)
      throw invalid([{ field: 'body/phone', rule: 'must be a phone number' }]);
    const [recorded] = await recordPeople(this.kit, tx, cause, [
      {
        links,
        hints: e164 === undefined ? [] : [{ kind: 'phone', value: e164 }],
        personId,
        source,
        reportedAt,
        statuses,
        values: { name, email, phone: e164, dateOfBirth },
      },
    ]);
    if ('refused' in recorded!) throw recorded.refused === 'LinksDisagree' ? linksDisagree() : erased();
    const { personId: id, outcomes } = recorded!;
    if (phone !== undefined || links.some(isPhone)) await refusePhonesWithoutConsent(tx, id);
    const version = outcomes.at(-1)?.version ?? (await this.stateOf(tx, id)).version;
    return new Answer(201, { personId: id, version, events: eventsIn(outcomes) }, version);
  }

  @Command('import', {
    scopes: ['admin', 'feed:crm'],
    status: 200,
    summary: 'Takes in a CSV listing of people; a bad row is reported and costs no other',
    query: dto.ImportQuery,
    body: dto.ImportBody,
    consumes: 'text/csv',
    answers: dto.Imported,
  })
  import(@Incoming() { tx, body, query, cause }: CallOf<typeof dto.ImportBody, typeof dto.ImportQuery>) {
    const asOf = pastInstantIn('query/asOf', query.asOf, tx.now);
    return importPeople(this.kit, tx, cause, { text: body, source: query.source ?? 'crm', asOf });
  }

  @Command('verify', {
    scopes: ['admin'],
    status: 200,
    summary: 'Whether somebody is who they say they are',
    description:
      'Everything stated has to be on record. What was wrong is not told, nor whether the reference is known.',
    body: dto.VerifyPerson,
    answers: dto.Verification,
  })
  verify(@Incoming() { tx, body }: CallOf<typeof dto.VerifyPerson>) {
    return verify(this.kit, tx, body);
  }

  @Read('', {
    scopes: ['admin', 'moderator'],
    summary: 'Finds the person an identifier belongs to',
    query: dto.FindPerson,
    answers: dto.FoundPeople,
  })
  async find(@Incoming() { tx, query }: CallOf<never, typeof dto.FindPerson>) {
    const colon = query.link.indexOf(':');
    const link = { kind: query.link.slice(0, colon), value: query.link.slice(colon + 1) };
    const [personId] = await findPeople(this.kit, tx, [checked(dto.LinkText, link, 'query/link') as Link]);
    if (personId === undefined) return { items: [], next: null };
    return { items: [{ personId, links: await shownLinks(tx, personId) }], next: null };
  }

  @Read(':personId', {
    scopes: ['admin', 'moderator'],
    summary: 'What is known of a person; being shown personal values is recorded',
    answers: dto.PersonShown,
  })
  async show(@Incoming() { tx, params, cause, principal }: Call) {
    const personId = params['personId']!.toLowerCase();
    const { state, version } = await this.stateOf(tx, personId);
    if (version === 0) throw notFound('person');
    const personal = await this.kit.vault.read(tx, personId, personalFields);
    const fields = personalFields.filter((field) => personal[field].state === 'value');
    if (fields.length > 0) await recordReading(this.kit, { tx, cause, principal }, { subjectId: personId, fields });
    const leaves = await leavesOf(tx, [personId]);
    const statuses = await statusesOf(tx, [personId]);
    const body = {
      personId,
      links: await shownLinks(tx, personId),
      categories: liveCategories(state, tx.now),
      statuses: statuses.map(({ category, status, from, reportedAt, source }) => ({
        category,
        status,
        from,
        reportedAt,
        source,
      })),
      announced: leaves
        .filter(({ isAnnounced }) => isAnnounced)
        .map(({ category, leavesAt, source }) => ({ category, leavesAt, source })),
      left: leaves
        .filter(({ isAnnounced }) => !isAnnounced)
        .map(({ category, leavesAt, source }) => ({ category, leftAt: leavesAt, source })),
      groups: await groupsOf(tx, personId),
      personal,
    };
    return new Answer(200, body, version);
  }

  @Command(':personId/links', {
    scopes: ['admin', 'feed:hr', 'feed:crm'],
    summary: 'Adds an identifier to a person',
    body: dto.LinkPerson,
    answers: dto.PersonRecorded,
  })
  async link(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof dto.LinkPerson>) {
    const personId = params['personId']!.toLowerCase();
    const { kind, value, source, confidence = 'stated' } = body;
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    if ((await this.stateOf(tx, personId)).version === 0) throw notFound('person');
    checkLink({ kind, value }, 'body/value');
    if (isPhone({ kind, value })) {
      await refusePhonesWhereBanned(tx);
      await refusePhonesWithoutConsent(tx, personId);
    }
    const wish = { personId, kind, value, source, confidence, occurredAt };
    const outcome = await linkPerson(this.kit, tx, cause, wish, expectedVersion);
    if ('disagree' in outcome) throw linksDisagree();
    return reply(outcome, { personId, version: outcome.version, events: eventsIn([outcome]) });
  }

  private async stateOf(tx: Transaction, personId: string) {
    return (await this.kit.commands.states(tx, person, [personId])).get(personId)!;
  }
}

function checkLink(link: Link, field: string): void {
  if (!normalised(link)) throw invalid([{ field, rule: `is not a ${link.kind}` }]);
}

async function refusePhonesWhereBanned(tx: Transaction): Promise<void> {
  const rules = await phoneBan(tx);
  if (rules) throw refused('PhonesAreNotKept', 'By the policy in force no phone numbers are kept.', rules);
}

/** Thrown, it undoes what was recorded with the number (AMZ-112). */
async function refusePhonesWithoutConsent(tx: Transaction, personId: string): Promise<void> {
  if ((await phoneKeepers(tx, [personId])).has(personId)) return;
  throw refused('PhoneNeedsConsent', 'The person has not agreed to their number being kept.', await phoneRules(tx));
}

function erased(): HttpProblem {
  return new HttpProblem(
    problem(409, 'subject-erased', 'This person’s data was erased; recording it again needs an explicit permission.'),
  );
}

async function shownLinks(tx: Transaction, personId: string) {
  return (await linksOf(tx, [personId])).map(({ kind, source, confidence }) => ({ kind, source, confidence }));
}
