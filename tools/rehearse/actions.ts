/** What a step can do: every public command and feed statement by a plain name, one row each. */
import { type Context, feedBody, type Fields, fillPath, named, personBody, rosterBody, toBody } from './bodies.js';
import type { Kind, Link } from './names.js';
import type { Visit } from './page.js';
import { withInstants } from './times.js';

/** One action. `:person` and the like in `path` stand for the field of that name; the other fields make up the body. */
interface Action {
  readonly about: string;
  readonly path: string;
  /** Fields that a file has to state; those in the path are among them. */
  readonly needs: readonly string[];
  /** The field whose alias is new with this action. */
  readonly introduces?: Kind;
  /** The field that is the step's time unless said. */
  readonly timed?: string;
  /** What the body holds unless said. */
  readonly unless?: Fields;
  /** Where the id that the path calls `:found` is looked up: the one row of a list that has these fields of the action. */
  readonly find?: { readonly list: string; readonly by: readonly string[]; readonly id: string };
  readonly contentType?: string;
  /** The action takes a list of statements instead of fields. */
  readonly list?: boolean;
  /** It is done on the page of an invitation, by the person. */
  readonly onPage?: boolean;
  /** Makes the body of these fields, where it is more than their names. */
  readonly body?: (fields: Fields, context: Context) => unknown;
}

/** A request as it goes to the API; `find` says which id to look up for `:found` first. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Not a request to the API but something a person does on the page of an invitation. */
  readonly visit?: Visit;
  readonly find?: { readonly list: string; readonly where: Fields; readonly id: string; readonly nth?: number };
}

const row = (about: string, path: string, needs: readonly string[] = [], more: Partial<Action> = {}): Action => ({
  about,
  path,
  needs: [...new Set([...[...path.matchAll(/:(?!found)(\w+)/g)].map(([, field]) => field!), ...needs])],
  ...more,
});
const dated = { timed: 'occurredAt' };
const suggestion = { find: { list: '/v1/breaches?state=suggested', by: ['basis'], id: 'breachId' } };
const inGroup = '/v1/groups/:group';
const member = `${inGroup}/members/:person`;

export const actions: Readonly<Record<string, Action>> = {
  activateProfile: row('A policy comes into force.', '/v1/profiles/:profile/activate'),
  registerPerson: row('A person becomes known.', '/v1/people', ['person'], {
    introduces: 'person',
    unless: { source: 'rehearsal' },
    body: personBody,
  }),
  linkPerson: row('An identifier is found to be the person’s.', '/v1/people/:person/links', ['kind', 'value'], {
    unless: { source: 'rehearsal', confidence: 'stated' },
  }),
  importPeople: row('A CRM list arrives as CSV.', '/v1/people/import', ['csv'], {
    contentType: 'text/csv',
    body: ({ csv }) => csv,
  }),
  startActivity: row('A campaign, project or role begins.', '/v1/activities', ['activity', 'kind'], {
    introduces: 'activity',
    timed: 'startsAt',
    unless: { name: 'An activity' },
  }),
  extendActivity: row('An activity is prolonged.', '/v1/activities/:activity/extend', ['endsAt'], dated),
  endActivity: row('An activity is over.', '/v1/activities/:activity/end', [], { timed: 'endedAt' }),
  registerGroup: row('A group is put on the register.', '/v1/groups', ['group', 'groupType', 'admins'], {
    introduces: 'group',
    unless: { name: 'A group', purpose: 'To rehearse' },
  }),
  closeGroup: row('A group is no longer used.', `${inGroup}/close`, [], dated),
  appointModerator: row('Somebody comes to run the group.', `${inGroup}/moderators`, ['person'], dated),
  standDownModerator: row('Somebody no longer runs the group.', `${inGroup}/moderators/:person/stand-down`, [], dated),
  meetPrerequisite: row(
    'Something that is asked of a moderator is on record.',
    `${inGroup}/moderators/:person/prerequisites`,
    ['kind'],
    dated,
  ),
  proposeMember: row('Somebody suggests a person.', `${inGroup}/proposals`, ['person'], dated),
  addMember: row(
    'An admin lets a person in; `guest: { until }` or `{ activity }` for a limited time.',
    `${inGroup}/members`,
    ['person'],
    dated,
  ),
  requestRemoval: row('A member asks to be taken out.', `${member}/request-removal`, [], dated),
  confirmRemoval: row('Somebody says that the person is out.', `${member}/confirm-removal`, [], {
    ...dated,
    unless: { evidence: 'admin_confirmed' },
  }),
  selfLeft: row('A member has left alone.', `${member}/left`, [], dated),
  extendGuest: row('A guest’s time is prolonged.', `${member}/extend-guest`, ['until'], dated),
  importRoster: row(
    'Somebody writes down who is in the group: aliases of people, or `{ kind, value }` as the app shows them.',
    `${inGroup}/rosters`,
    ['participants'],
    { timed: 'takenAt', body: rosterBody },
  ),
  identifyParticipant: row(
    'A participant nobody could name is found to be this person; `nth` where several are unnamed.',
    `${inGroup}/discrepancies/:found/identify`,
    ['person'],
    { find: { list: '/v1/groups/:group/discrepancies', by: [], id: 'entryId' } },
  ),
  presentNotice: row('A person is shown the notice.', '/v1/consents/notices', ['person', 'group', 'items'], {
    ...dated,
    unless: { noticeVersion: 'v1' },
  }),
  giveConsent: row('A person agrees.', '/v1/consents', ['person', 'group', 'method'], {
    ...dated,
    unless: { scope: ['group'], purpose: 'group', noticeVersion: 'v1' },
  }),
  refuseConsent: row('A person does not want to be in the group.', '/v1/consents/refuse', ['person', 'group'], dated),
  withdrawConsent: row('A person takes consent back.', '/v1/consents/withdraw', ['person', 'group'], dated),
  recordAlternativeChannel: row(
    'How a person is reached instead.',
    '/v1/alternative-channels/record',
    ['person', 'group', 'channel'],
    dated,
  ),
  stateTextFields: row('Somebody states the words that model texts leave open.', '/v1/texts/fields', [
    'group',
    'fields',
  ]),
  submitText: row(
    'A text is submitted, section by section; `publish: true` publishes it when it is good.',
    '/v1/texts',
    ['group', 'kind', 'sections'],
    dated,
  ),
  circulateAgreement: row(
    'The agreement goes to everybody in the group.',
    '/v1/agreements/circulate',
    ['group', 'channel'],
    dated,
  ),
  sendWelcome: row(
    'Somebody says that a newcomer, or a group that starts, was sent what is owed.',
    '/v1/welcomes/sent',
    ['group', 'channel'],
    dated,
  ),
  acknowledge: row(
    'A person has read a document and will follow it.',
    '/v1/acknowledgements',
    ['person', 'document'],
    dated,
  ),
  issueInvitation: row(
    'A link is issued by which people join.',
    '/v1/invitations',
    ['invitation', 'group', 'channel'],
    {
      introduces: 'invitation',
      unless: { whatsappLink: 'https://chat.whatsapp.com/RehearsalGroup1' },
    },
  ),
  revokeInvitation: row('A link lets nobody in any more.', '/v1/invitations/:invitation/revoke', ['reason'], dated),
  reissueInvitation: row(
    'Another link, `as`, takes the place of one.',
    '/v1/invitations/:invitation/reissue',
    ['as', 'reason'],
    {
      body: (fields, context) => {
        context.names.introduce('invitation', String(fields['as']));
        return toBody(fields, context);
      },
    },
  ),
  identifyOnPage: row(
    'A person opens an invitation, reads the notice and says who they are.',
    '',
    ['invitation', 'person', 'dateOfBirth'],
    { onPage: true },
  ),
  answerOnPage: row(
    'A person says agree, no or withdraw on the page they have got to.',
    '',
    ['invitation', 'person', 'answer'],
    { onPage: true },
  ),
  deliverByHand: row(
    'Somebody gives a message to its person another way than by email.',
    '/v1/messages/:found/delivered-by-hand',
    ['person', 'kind', 'channel'],
    { find: { list: '/v1/messages?state=waiting', by: ['person', 'kind'], id: 'messageId' } },
  ),
  noteFollowUp: row(
    'Somebody notes in a group what has to be followed up elsewhere.',
    '/v1/follow-ups',
    ['group', 'trigger'],
    dated,
  ),
  confirmFollowUp: row(
    'Somebody says that it was followed up.',
    '/v1/follow-ups/:found/confirm',
    ['group', 'trigger', 'channel'],
    { ...dated, find: { list: '/v1/follow-ups', by: ['group', 'trigger'], id: 'followUpId' } },
  ),
  feed: row(
    'HR or CRM state something: `type`, `person` or `subject`, and the statement’s fields; `raw` sends an event as it stands.',
    '/v1/feeds',
    [],
    { list: true, contentType: 'application/cloudevents-batch+json', body: feedBody },
  ),
  crmDelta: row('A CRM sends what has changed.', '/v1/feeds/crm-delta', ['changes'], {
    timed: 'asOf',
    unless: { source: 'crm' },
    body: ({ changes, ...rest }, context) => ({
      ...(toBody(rest, context) as object),
      changes: (changes as Fields[]).map((change) => named(change, 'link', context)),
    }),
  }),
  scheduleItem: row('A record is to be kept for a time.', '/v1/retention-items', ['item', 'owner', 'recordClass'], {
    introduces: 'item',
    timed: 'startsAt',
    unless: { reference: 'A record' },
  }),
  attestDeletion: row('Its owner says that a record is gone.', '/v1/deletion-tasks/:found/attest', ['item'], {
    ...dated,
    find: { list: '/v1/deletion-tasks', by: ['item'], id: 'taskId' },
  }),
  declareNotPossible: row(
    'Its owner says that a record cannot be deleted, and why.',
    '/v1/deletion-tasks/:found/not-possible',
    ['item', 'reason', 'statedBy'],
    { ...dated, find: { list: '/v1/deletion-tasks', by: ['item'], id: 'taskId' } },
  ),
  confirmBreach: row('What our own facts suggest is a breach.', '/v1/breaches/:found/confirm', ['basis'], suggestion),
  dismissBreach: row(
    'What our own facts suggest is no breach.',
    '/v1/breaches/:found/dismiss',
    ['basis', 'reason'],
    suggestion,
  ),
  request: row(
    'Any other request: `method`, `path`, `body`, `contentType`; `{person:ada}` in a text stands for an id.',
    '',
    ['path'],
  ),
};

/**
 * The request of an action with its fields as the file states them; makes new aliases known.
 * Throws UnknownAlias, or an Error where a time is ambiguous.
 */
export function requestFor(action: string, input: unknown, context: Context): ApiRequest {
  const { path, timed, unless = {}, introduces, find, contentType, list, onPage, body = toBody } = actions[action]!;
  if (onPage) return visitOf(input as Fields, context);
  if (action === 'request') return anyRequest(input as Fields, context);
  if (list) return { method: 'POST', path, contentType, body: body({ statements: input }, context) };
  const { nth, ...stated } = input as Fields & { nth?: number };
  const fields = { ...unless, ...(timed ? { [timed]: context.at } : {}), ...stated };
  if (introduces) {
    context.names.introduce(introduces, fields[introduces] as string, fields['links'] as Link[] | undefined);
  }
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, field]) => field!);
  const used = [...inPath, ...(find?.by ?? [])];
  const rest = Object.fromEntries(Object.entries(fields).filter(([field]) => !used.includes(field)));
  return {
    method: 'POST',
    path: fillPath(path, fields, context),
    body: body(rest, context),
    ...(contentType ? { contentType } : {}),
    ...(find
      ? {
          find: {
            list: fillPath(find.list, fields, context),
            where: toBody(Object.fromEntries(find.by.map((field) => [field, fields[field]])), context) as Fields,
            id: find.id,
            ...(nth ? { nth } : {}),
          },
        }
      : {}),
  };
}

function visitOf(fields: Fields, context: Context): ApiRequest {
  const [link] = context.names.links(String(fields['person']));
  return { method: 'POST', path: '', visit: { ...(toBody(fields, context) as Visit), reference: link!.value } };
}

function anyRequest({ method = 'POST', path, body, contentType }: Fields, context: Context): ApiRequest {
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replaceAll(
        /\{(person|group|activity|item|invitation):([a-z0-9-]+)\}/g,
        (_, kind: Kind, alias: string) => context.names.id(kind, alias),
      );
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, filled(field)]));
  };
  return {
    method: String(method),
    path: filled(path) as string,
    ...(body === undefined ? {} : { body: withInstants(filled(body), context.zone) }),
    ...(typeof contentType === 'string' ? { contentType } : {}),
  };
}
