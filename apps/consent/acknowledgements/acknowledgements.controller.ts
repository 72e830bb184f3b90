import { Inject } from '@nestjs/common';
import { v5 } from 'uuid';
import { Type } from 'typebox';
import { acknowledgement, documentText, dutiesOf, ownDevice, type ResolvedPolicy } from '#domain';
import type { Transaction } from '#eventsourcing';
import {
  activePolicies,
  afterKey,
  type CallOf,
  Command,
  Incoming,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  refused,
  requirePolicy,
  Resource,
  ServiceKit,
  uuid,
} from '#nest';
import {
  Acknowledge,
  AcknowledgementPage,
  AcknowledgementsQuery,
  AcknowledgeRecorded,
  DeclareDevice,
  DeviceRecorded,
  DocumentQuery,
  DocumentRecorded,
  DocumentShown,
  OwedPage,
  OwedQuery,
  PublishDocument,
} from './acknowledgements.dto.js';
import { listAcknowledgements, listHolders } from './acknowledgements.read-model.js';
import { documentOf, keepDocument, owedBy } from './documents.js';

const NAMES = '7d3f2f0a-1c58-4f0e-8d7b-0a5a4d0f6f11';
const place = afterKey(Type.Tuple([uuid, Type.String({ maxLength: 60 }), Type.String({ maxLength: 60 })]));

/** Who has read what: the documents of a policy, in the version that holds, by whom each is owed, and who acknowledged it. */
@Resource('acknowledgements', 'Acknowledgements')
export class AcknowledgementsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records that a person has read a document and will follow it',
    description: 'The version is the one that holds unless said; another is refused.',
    body: Acknowledge,
    answers: AcknowledgeRecorded,
  })
  async acknowledge(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof Acknowledge>) {
    const personId = body.personId.toLowerCase();
    const { document } = body;
    const groupId = body.groupId?.toLowerCase() ?? null;
    const duty = await this.find(tx, document, groupId);
    if (!duty) return refused('DocumentNotAsked', 'No policy in force asks for this document to be acknowledged.');
    const text = await documentOf(this.kit, tx, duty, duty.policy, groupId);
    if (!text) return refused('NoAgreement', 'The group has published no agreement yet.', [duty.rule]);
    const scope = duty.isOfGroup && groupId ? { groupId } : {};
    const version = body.textVersion ?? text.version;
    const data = { personId, document, version, ...scope, currentVersion: text.version, rules: [duty.rule] };
    const id = v5(`${personId}:${document}:${scope.groupId ?? ''}`, NAMES);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, acknowledgement, cause, [
      { id, command: { name: 'Acknowledge', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { personId, document, textVersion: version });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who acknowledged which version of what, and when they last did',
    query: AcknowledgementsQuery,
    answers: AcknowledgementPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof AcknowledgementsQuery>) {
    const { items, next } = await listed(query, place, (part) => listAcknowledgements(tx, part), [
      'personId',
      'document',
      'scope',
    ]);
    const shown = items.map(({ scope, version, ...row }) => {
      return { ...row, textVersion: version, groupId: scope === 'organisation' ? null : scope };
    });
    return { items: shown, next };
  }

  @Read('owed', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who still has to acknowledge what, by their roles and the policies in force',
    description:
      'Asked for anew at each reading, so a new policy, a new version or the passing of time shows at once. `limit` counts roles; a page may hold fewer duties, or more.',
    query: OwedQuery,
    answers: OwedPage,
  })
  async owed(@Incoming() { tx, query }: CallOf<never, typeof OwedQuery>) {
    const { items, next } = await listed(query, place, (part) => listHolders(tx, part), ['personId', 'role', 'scope']);
    return { items: await owedBy(this.kit, tx, items), next };
  }

  @Read('document', {
    scopes: ['admin', 'moderator', 'member', 'auditor'],
    summary: 'A document as it holds, with its version',
    description:
      'The agreement of a group, the organisation’s own wording, or the model’s; `missing` names fields the model leaves open.',
    query: DocumentQuery,
    answers: DocumentShown,
  })
  async show(@Incoming() { tx, query }: CallOf<never, typeof DocumentQuery>) {
    const { document } = query;
    const groupId = query.groupId?.toLowerCase() ?? null;
    const duty = await this.find(tx, document, groupId);
    const text = duty && (await documentOf(this.kit, tx, duty, duty.policy, groupId));
    if (!text) throw notFound('document');
    return { document, textVersion: text.version, text: text.text, missing: text.missing };
  }

  @Command('documents', {
    scopes: ['admin'],
    summary: 'Publishes the organisation’s own wording of a document',
    body: PublishDocument,
    answers: DocumentRecorded,
  })
  async publish(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof PublishDocument>) {
    const { document } = body;
    const version = await keepDocument(this.kit, tx, document, body.text);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, documentText, cause, [
      {
        id: v5(`${tx.tenantId}:${document}`, NAMES),
        command: { name: 'Publish', data: { document, version } },
        occurredAt,
        expectedVersion,
      },
    ]);
    return recorded(outcome!, { document, textVersion: version });
  }

  @Command('own-device', {
    scopes: ['admin', 'moderator', 'member'],
    summary: 'Records whether a person works on a device of their own',
    description: 'Whoever does has to acknowledge what that may mean, where the policy says so (BR-48).',
    body: DeclareDevice,
    answers: DeviceRecorded,
  })
  async declare(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof DeclareDevice>) {
    const personId = body.personId.toLowerCase();
    const data = { personId, isUsed: body.isUsed };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, ownDevice, cause, [
      { id: personId, command: { name: 'Declare', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { personId });
  }

  /** The duty a document is acknowledged under: by the policy of the group where one is named, or by any in force. */
  private async find(tx: Transaction, document: string, groupId: string | null) {
    const policies: ResolvedPolicy[] = groupId
      ? [await requirePolicy(tx, groupId)]
      : [...(await activePolicies(tx)).values()];
    const duties = policies.flatMap((policy) => dutiesOf(policy).map((duty) => ({ ...duty, policy })));
    return duties.find((duty) => duty.document === document);
  }
}
