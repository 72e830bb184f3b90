import { Inject } from '@nestjs/common';
import { joinSections, requiredKinds, TEXT_LIMITS, textVersion, type TextKind } from '#domain';
import {
  Answer,
  type CallOf,
  Command,
  eventsOf,
  Incoming,
  notFound,
  pastInstantIn,
  Read,
  refusalProblem,
  reply,
  requireGroup,
  requirePolicy,
  Resource,
  ServiceKit,
} from '#nest';
import type { Outcome } from '#eventsourcing';
import { suggestText } from './models.js';
import { type Draft, faultsOf, publish, type Publishing, submit } from './publish.js';
import {
  PublishText,
  Standing,
  StandingQuery,
  StatedFields,
  StateFields,
  SubmitText,
  Suggestion,
  SuggestionQuery,
  TextList,
  TextRecorded,
  TextsQuery,
  Words,
  WordsQuery,
} from './texts.dto.js';
import { fieldsOf, keepFields, keepText, listTexts, textOf, type TextRow } from './texts.read-model.js';

/** The texts of groups: suggested, checked against the policy, published, and kept in every version. */
@Resource('texts', 'Texts')
export class TextsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('fields', {
    scopes: ['admin', 'moderator'],
    summary: 'States the group’s own words, which model texts are filled with',
    description: 'Over what was stated before. They are kept encrypted, with the group.',
    body: StateFields,
    answers: StatedFields,
    status: 200,
  })
  async state(@Incoming() { tx, body }: CallOf<typeof StateFields>) {
    const groupId = body.groupId.toLowerCase();
    await requireGroup(tx, groupId);
    return { groupId, fields: await keepFields(this.kit, tx, groupId, body.fields) };
  }

  @Read('fields', {
    scopes: ['admin', 'moderator'],
    summary: 'The group’s own words for model texts',
    query: StandingQuery,
    answers: StatedFields,
  })
  async fields(@Incoming() { tx, query }: CallOf<never, typeof StandingQuery>) {
    const groupId = query.groupId.toLowerCase();
    await requireGroup(tx, groupId);
    return { groupId, fields: await fieldsOf(this.kit, tx, groupId) };
  }

  @Command('', {
    scopes: ['admin', 'moderator'],
    summary: 'Submits a text, section by section, to be checked',
    description:
      'What is missing or wrong is listed in `faults` of the 409. A topic counts as covered by a section about it that is not empty; whether the words do it justice is yours to say. Looked for by machine: open fields, lengths, the published agreement’s link, quiet hours, the organisation’s name, words about the phone number, and that whoever is named runs the group.',
    body: SubmitText,
    answers: TextRecorded,
  })
  async submit(@Incoming() call: CallOf<typeof SubmitText>) {
    const { body } = call;
    const at = await this.at(call, body.groupId, body.occurredAt);
    const draft = draftOf(body);
    const faults = await faultsOf(at, draft);
    const version = textVersion(draft.kind, joinSections(draft.sections));
    const outcome = await submit(at, draft, version, faults);
    if (outcome.refusal) return new Answer(409, { ...refusalProblem(outcome.refusal), faults });
    await keepText(this.kit, at.tx, draft.groupId, draft.kind, draft.sections);
    const more = body.publish
      ? await publish({ ...at, expectedVersion: undefined }, draft.groupId, draft.kind, version)
      : [];
    return answer(draft, version, [outcome, ...more]);
  }

  @Command('publish', {
    scopes: ['admin', 'moderator'],
    summary: 'Makes a version of a text the one the group goes by',
    description: 'It is checked anew: the policy, or who runs the group, may have changed since it was found good.',
    body: PublishText,
    answers: TextRecorded,
  })
  async publish(@Incoming() call: CallOf<typeof PublishText>) {
    const { body, tx } = call;
    const at = await this.at(call, body.groupId, body.occurredAt);
    const { kind, textVersion: version } = body;
    const groupId = body.groupId.toLowerCase();
    const row = (await listTexts(tx, groupId, kind)).find((text) => text.version === version);
    const text = row && (await textOf(this.kit, tx, groupId, kind, version));
    if (!text) throw notFound('text');
    const draft = { groupId, kind, sections: text.sections, names: row.names, attested: row.attested };
    const faults = await faultsOf(at, draft);
    if (faults.length > 0) {
      const { refusal } = await submit(at, draft, version, faults);
      return new Answer(409, { ...refusalProblem(refusal!), faults });
    }
    return answer(draft, version, await publish(at, groupId, kind, version));
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Every version of a group’s texts, with its words',
    query: TextsQuery,
    answers: TextList,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof TextsQuery>) {
    const groupId = query.groupId.toLowerCase();
    await requireGroup(tx, groupId);
    const rows = await listTexts(tx, groupId, query.kind);
    const items: object[] = [];
    for (const { version, ...row } of rows) {
      const text = await textOf(this.kit, tx, groupId, row.kind, version);
      items.push({ ...row, textVersion: version, text: text?.body ?? null });
    }
    return { items };
  }

  @Read('words', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'The words of one version, also of a notice that people were shown and nobody published',
    query: WordsQuery,
    answers: Words,
  })
  async words(@Incoming() { tx, query }: CallOf<never, typeof WordsQuery>) {
    const { kind, textVersion: version } = query;
    const groupId = query.groupId.toLowerCase();
    const text = await textOf(this.kit, tx, groupId, kind, version);
    if (!text) throw notFound('text');
    return { groupId, kind, textVersion: version, sections: text.sections, text: text.body };
  }

  @Read('suggested', {
    scopes: ['admin', 'moderator'],
    summary: 'The model text of a kind for the group, ready to be submitted or pasted',
    description:
      '`missing` names the fields that nobody has stated yet; `faults` what the text would still be refused for.',
    query: SuggestionQuery,
    answers: Suggestion,
  })
  async suggest(@Incoming() { tx, query }: CallOf<never, typeof SuggestionQuery>) {
    const { kind } = query;
    const groupId = query.groupId.toLowerCase();
    const policy = await requirePolicy(tx, groupId);
    const { sections, missing } = suggestText(policy, kind, await fieldsOf(this.kit, tx, groupId));
    const draft = { groupId, kind, sections, names: [], attested: ['admin_names'] };
    const faults = await faultsOf({ kit: this.kit, tx, policy }, draft);
    const text = joinSections(sections);
    return { kind, sections, text, length: text.length, limit: TEXT_LIMITS[kind], missing, faults };
  }

  @Read('standing', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Which texts the group has to have, and what they lack by the policy in force',
    query: StandingQuery,
    answers: Standing,
  })
  async standing(@Incoming() { tx, query }: CallOf<never, typeof StandingQuery>) {
    const groupId = query.groupId.toLowerCase();
    const policy = await requirePolicy(tx, groupId);
    const current = (await listTexts(tx, groupId)).filter(({ isCurrent }) => isCurrent);
    const required = requiredKinds(policy);
    const kinds = [...new Set([...required, ...current.map(({ kind }) => kind)])];
    const texts: { kind: TextKind; textVersion: string | null; isStale: boolean; faults: object[] }[] = [];
    for (const kind of kinds) {
      const row = current.find((text) => text.kind === kind);
      texts.push({
        kind,
        textVersion: row?.version ?? null,
        isStale: row?.staleSince !== null && row !== undefined,
        faults: await this.standingFaults({ kit: this.kit, tx, policy }, groupId, kind, row),
      });
    }
    const isComplete = texts.every(({ faults, isStale }) => faults.length === 0 && !isStale);
    return { groupId, required, isComplete, texts };
  }

  /** A text that is not there lacks everything; one that is, what it lacks by the policy of today. */
  private async standingFaults(
    at: Pick<Publishing, 'kit' | 'tx' | 'policy'>,
    groupId: string,
    kind: TextKind,
    row: TextRow | undefined,
  ) {
    const text = row && (await textOf(this.kit, at.tx, groupId, kind, row.version));
    const sections = text?.sections ?? [];
    return faultsOf(at, { groupId, kind, sections, names: row?.names ?? [], attested: row?.attested ?? [] });
  }

  private async at(
    { tx, cause, expectedVersion }: Pick<CallOf, 'tx' | 'cause' | 'expectedVersion'>,
    groupId: string,
    occurredAt: string | undefined,
  ): Promise<Publishing> {
    const policy = await requirePolicy(tx, groupId.toLowerCase());
    const at = { kit: this.kit, tx, cause, policy, expectedVersion };
    return { ...at, occurredAt: pastInstantIn('body/occurredAt', occurredAt, tx.now) };
  }
}

function draftOf({ groupId, kind, sections, names = [], attested = [] }: CallOf<typeof SubmitText>['body']): Draft {
  return { groupId: groupId.toLowerCase(), kind, sections, names: names.map((id) => id.toLowerCase()), attested };
}

function answer({ groupId, kind }: Draft, version: string, outcomes: readonly Outcome[]): Answer {
  const refused = outcomes.find(({ refusal }) => refusal);
  const last = outcomes.filter(({ streamId }) => streamId.startsWith('texts-')).at(-1)!;
  const events = eventsOf(...outcomes);
  const body = { groupId, kind, textVersion: version, version: last.version, events };
  return reply(refused ?? last, body, events.length > 0 ? 201 : 200);
}
