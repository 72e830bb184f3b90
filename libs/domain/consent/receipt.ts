/**
 * A consent receipt: what a person holds as proof of what they agreed to, in the form of ISO/IEC TS 27560 with the terms of the
 * W3C Data Privacy Vocabulary (JSON-LD). Made from the history alone and kept nowhere (docs/adr/0018).
 */
import type { ConsentPayloads, RecordedEvent } from '#events';

/** What a receipt is made of. Instants are ISO 8601 UTC; `history` is the stream of this person in this group, oldest first. */
export type ReceiptFacts = {
  readonly receiptId: string;
  readonly recordId: string;
  readonly createdAt: string;
  readonly organisationId: string;
  /** As the group's texts name it; left out where they do not. */
  readonly organisation?: string;
  readonly personId: string;
  readonly groupId: string;
  readonly history: readonly Pick<RecordedEvent, 'name' | 'data' | 'occurredAt'>[];
};

type Entry = ReceiptFacts['history'][number];
type Given = ConsentPayloads['ConsentGiven'];

const PROFILE = 'https://w3id.org/dpv/schema/dpv-27560';
const CONTEXT = {
  dpv: 'https://w3id.org/dpv#',
  'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
  loc: 'https://w3id.org/dpv/loc#',
  pd: 'https://w3id.org/dpv/pd#',
  dct: 'http://purl.org/dc/terms/',
  schema: 'https://schema.org/',
} as const;

/** The events that change whether a consent holds, each with the status it leads to. */
const STATUS: Readonly<Record<string, string>> = {
  ConsentGiven: 'dpv:ConsentGiven',
  ConsentRefused: 'dpv:ConsentRefused',
  ConsentWithdrawn: 'dpv:ConsentWithdrawn',
  ConsentExpired: 'dpv:ConsentExpired',
};
const WITHDRAWAL =
  'Open the invitation you joined by and take your agreement back there, or tell anybody who runs the group. No reason is needed and nothing stands in the way.';

/** The receipt of the latest consent, with everything that became of it; undefined for somebody who never agreed (LD-09, LD-10). */
export function consentReceipt(facts: ReceiptFacts) {
  const { history, organisationId, organisation, personId, receiptId, recordId, createdAt } = facts;
  const given = history.findLast(({ name }) => name === 'ConsentGiven');
  if (!given) return undefined;
  const controller = {
    '@id': `urn:uuid:${organisationId}`,
    '@type': 'dpv:DataController',
    ...(organisation ? { 'dct:title': organisation } : {}),
  };
  return {
    '@context': CONTEXT,
    '@id': `urn:uuid:${receiptId}`,
    '@type': 'dpv:ConsentReceipt',
    'dct:identifier': receiptId,
    'dct:conformsTo': `${PROFILE}#receipt`,
    'dct:created': createdAt,
    'dct:publisher': controller,
    'schema:recipient': 'dpv:DataSubject',
    'dpv:hasRecordOfActivity': {
      '@id': `urn:uuid:${recordId}`,
      '@type': 'dpv:ConsentRecord',
      'dct:identifier': recordId,
      'dct:conformsTo': `${PROFILE}#record`,
      'dpv:hasDataSubject': { '@id': `urn:uuid:${personId}`, '@type': 'dpv:DataSubject' },
      'dpv:hasDataController': controller,
      'dpv:hasJurisdiction': 'loc:GB',
      'dpv:hasLegalBasis': ['dpv:Consent', 'eu-gdpr:A6-1-a'],
      'dpv:hasNotice': noticeOf(given.data as Given, history),
      'dpv:hasProcess': processOf(facts.groupId, given.data as Given),
      'dpv:hasConsentStatus': STATUS[history.findLast(({ name }) => name in STATUS)!.name]!,
      'dct:hasPart': history.filter(({ name }) => name in STATUS).map(consentEvent),
    },
  };
}

/** The texts the person was shown, by their versions, and when they were shown first. */
function noticeOf({ noticeVersion, agreementVersion }: Given, history: ReceiptFacts['history']) {
  const shown = history.find(
    ({ name, data }) =>
      name === 'NoticePresented' &&
      data['noticeVersion'] === noticeVersion &&
      (agreementVersion === undefined || data['agreementVersion'] === agreementVersion),
  );
  return {
    '@type': 'dpv:ConsentNotice',
    'dct:identifier': noticeVersion,
    ...(agreementVersion ? { 'dct:references': agreementVersion } : {}),
    ...(shown ? { 'dct:date': shown.occurredAt, 'dct:subject': shown.data['items'] } : {}),
  };
}

/** What is done with which data, for what, and how long; a number is kept only where the person agreed to that too (AMZ-112). */
function processOf(groupId: string, { purpose, scope, expiresAt, activityId }: Given) {
  const number = { '@type': 'pd:TelephoneNumber', 'dpv:hasDataSource': 'dpv:DataSubject' };
  return {
    '@type': 'dpv:Process',
    'dpv:hasPurpose': { '@type': 'dpv:Purpose', 'dct:identifier': purpose, 'dct:isPartOf': `urn:uuid:${groupId}` },
    'dct:scope': scope,
    'dpv:hasPersonalData': [
      {
        ...number,
        'dpv:hasProcessing': scope.includes('phone') ? ['dpv:MakeAvailable', 'dpv:Store'] : ['dpv:MakeAvailable'],
      },
      { '@type': 'pd:Name', 'dpv:hasDataSource': 'dpv:DataSubject', 'dpv:hasProcessing': ['dpv:MakeAvailable'] },
    ],
    'dpv:hasRecipient': [
      { '@type': 'dpv:Recipient', 'dct:title': 'The other members of the group' },
      { '@type': 'dpv:Recipient', 'dct:title': 'The operator of the messaging app' },
    ],
    'dpv:hasDuration': durationOf(expiresAt, activityId),
    'dpv:hasRight': {
      '@type': ['dpv:DataSubjectRight', 'eu-gdpr:A7-3'],
      'dct:title': 'Right to withdraw consent',
      'dpv:isExercisedAt': { 'dct:description': WITHDRAWAL },
    },
  };
}

function durationOf(expiresAt: string | undefined, activityId: string | undefined) {
  if (expiresAt !== undefined) return { '@type': 'dpv:UntilTimeDuration', 'dct:valid': expiresAt };
  const until = activityId === undefined ? 'Until you leave the group or it is closed' : 'Until the activity ends';
  return {
    '@type': 'dpv:UntilEventDuration',
    'dct:description': until,
    ...(activityId === undefined ? {} : { 'dct:isPartOf': `urn:uuid:${activityId}` }),
  };
}

function consentEvent({ name, data, occurredAt }: Entry) {
  const method = data['method'] as string | undefined;
  const reason = (data['reason'] ?? data['because']) as string | undefined;
  return {
    '@type': STATUS[name]!,
    'dpv:isIndicatedAtTime': occurredAt,
    ...(method ? { 'dpv:hasIndicationMethod': method } : {}),
    // Who took it down is somebody else's business; the receipt names nobody but the person.
    'dpv:isIndicatedBy': name === 'ConsentExpired' ? 'dpv:DataController' : 'dpv:DataSubject',
    ...(reason ? { 'dct:description': reason } : {}),
  };
}
