import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { consentTerms, refusalTerms } from '#domain';
import type { RecordedEvent } from '#events';
import {
  afterKey,
  type CallOf,
  Command,
  findPolicy,
  Incoming,
  listed,
  Read,
  requireGroup,
  requirePolicy,
  Resource,
  ServiceKit,
  uuid,
} from '#nest';
import { aboutOf, ask, consentId } from './consent-stream.js';
import { lastingOf } from './lasting.js';
import {
  AboutConsent,
  ConsentPage,
  ConsentsQuery,
  GiveConsent,
  ConsentRecorded,
  PresentNotice,
} from './consents.dto.js';
import { listConsents, type ConsentRow } from './consents.read-model.js';

const place = afterKey(Type.Tuple([uuid, uuid]));

/** Told first, asked second, free to take it back at any time. */
@Resource('consents', 'Consent')
export class ConsentsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('notices', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records that a person was shown a version of the notice',
    body: PresentNotice,
    answers: ConsentRecorded,
  })
  async present(@Incoming() call: CallOf<typeof PresentNotice>) {
    const { tx, body } = call;
    await requireGroup(tx, body.groupId);
    const { noticeVersion, items, agreementVersion } = body;
    const shown = { noticeVersion, items, ...(agreementVersion ? { agreementVersion } : {}) };
    return ask(this.kit, call, { name: 'PresentNotice', data: { ...aboutOf(body), ...shown } });
  }

  @Command('', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records that a person agreed',
    description:
      'Counts when the method is one the policy accepts (LD-10) and a notice of that version with every required item came before it (LD-11). What does not count is answered with 409 and kept as evidence.',
    body: GiveConsent,
    answers: ConsentRecorded,
  })
  async give(@Incoming() call: CallOf<typeof GiveConsent>) {
    const { tx, body, cause } = call;
    const terms = consentTerms(await requirePolicy(tx, body.groupId));
    const { scope, purpose, method, noticeVersion, agreementVersion } = body;
    const recordedBy = (body.recordedBy ?? cause.actor.onBehalfOf ?? cause.actor.id).toLowerCase();
    const given = {
      ...aboutOf(body),
      scope,
      purpose,
      method,
      noticeVersion,
      recordedBy,
      ...(agreementVersion ? { agreementVersion } : {}),
      ...(await lastingOf(call)),
    };
    return ask(this.kit, call, { name: 'GiveConsent', data: { ...given, ...terms } });
  }

  @Command('refuse', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records that a person does not want to be in the group',
    description: 'Opens an alternative channel where the policy asks for one (LD-13).',
    body: AboutConsent,
    answers: ConsentRecorded,
  })
  async refuse(@Incoming() call: CallOf<typeof AboutConsent>) {
    const after = await this.afterNo(call);
    return ask(this.kit, call, { name: 'RefuseConsent', data: { ...aboutOf(call.body), ...after } });
  }

  @Command('withdraw', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Takes consent back; nothing stands in the way',
    body: AboutConsent,
    answers: ConsentRecorded,
  })
  async withdraw(@Incoming() call: CallOf<typeof AboutConsent>) {
    const after = await this.afterNo(call);
    return ask(this.kit, call, { name: 'WithdrawConsent', data: { ...aboutOf(call.body), reason: 'asked', ...after } });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'What people agreed to, with everything they said before',
    query: ConsentsQuery,
    answers: ConsentPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof ConsentsQuery>) {
    const { items, next } = await listed(query, place, (part) => listConsents(tx, part), ['groupId', 'personId']);
    const streams = await this.kit.store.read(tx, items.map(streamOf));
    return {
      items: items.map((row) => {
        const events = streams.get(streamOf(row))!;
        return {
          ...row,
          consentId: consentId(row.groupId, row.personId),
          version: events.length,
          history: events.map(told),
        };
      }),
      next,
    };
  }

  /** A person may say no whatever policy is in force; without one there is no duty to reach them another way. */
  private async afterNo({ tx, body }: CallOf<typeof AboutConsent>) {
    await requireGroup(tx, body.groupId);
    const policy = await findPolicy(tx, body.groupId);
    return policy ? refusalTerms(policy) : { needsAlternative: false, rules: [] };
  }
}

const streamOf = ({ groupId, personId }: ConsentRow) => `consent-${consentId(groupId, personId)}`;

const told = ({ id: eventId, name, occurredAt, recordedAt, actor, rules, data }: RecordedEvent) => {
  return { eventId, name, occurredAt, recordedAt, actor, rules, data };
};
