import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { breach, breachChecklist, type BreachCommands, type CommandOf, holdRules } from '#domain';
import type { Outcome, Transaction } from '#eventsourcing';
import {
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  invalid,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  refused,
  requireGroup,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import {
  Breach,
  BreachChanged,
  BreachesQuery,
  BreachPage,
  CloseBreach,
  ConfirmBreach,
  DecideOnHeld,
  DecideReporting,
  DismissBreach,
  KeepEvidence,
  ReportBreach,
  TakeStep,
  TellPeople,
  TellRegulator,
} from './breaches.dto.js';
import { type BreachRow, holdsOver, listBreaches, unknownItems } from './breaches.read-model.js';
import { policiesOf } from './policies.js';
import { presentAt } from './presence.js';
import { missingCodes, standing } from './show.js';

const staff = ['admin', 'moderator', 'compliance'] as const;
const officers = ['admin', 'compliance'] as const;
const TEXTS = [
  ...(['description', 'dismissal', 'evidence', 'heldDeletion', 'reason'] as const),
  ...(['regulator', 'delay', 'message', 'summary'] as const),
];
type Said = Readonly<Partial<Record<(typeof TEXTS)[number], string | undefined>>>;
type Aware = { readonly awareAt?: string; readonly happenedAt?: string };
type About = Pick<BreachRow, 'breachId' | 'category' | 'groupIds' | 'personIds' | 'itemIds'>;
type Asked = Pick<Call<{ readonly occurredAt?: string }>, 'tx' | 'params' | 'body' | 'cause' | 'expectedVersion'>;

/** Breaches of personal data: reported or suggested, taken step by step, closed when nothing is missing. */
@Resource('breaches', 'Breaches')
export class BreachesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: [...staff, 'member'],
    summary: 'Reports a breach: its checklist opens, and the seventy-two hours run from awareness',
    description:
      'Who was in the groups at the time is established from what membership has told, and again when it tells more (BR-38; UK GDPR, article 33).',
    body: ReportBreach,
    answers: BreachChanged,
  })
  async report(@Incoming() call: CallOf<typeof ReportBreach>) {
    const { tx, body } = call;
    const { category, groupIds = [], itemIds = [], personIds = [] } = body;
    const breachId = idOf(body.breachId ?? v7());
    const about = { breachId, category, groupIds: groupIds.map(idOf), itemIds: itemIds.map(idOf) };
    for (const groupId of about.groupIds) await requireGroup(tx, groupId);
    if ((await unknownItems(tx, about.itemIds)).length > 0)
      return refused('ItemUnknown', 'Nothing of one of these ids is kept.');
    return this.open(call, { ...about, personIds: personIds.map(idOf) }, body, tx.now);
  }

  @Command(':breachId/confirm', {
    scopes: officers,
    summary: 'What our own facts suggested is a breach; the clock runs from when the suggestion was made unless said',
    body: ConfirmBreach,
    answers: BreachChanged,
  })
  async confirm(@Incoming() call: CallOf<typeof ConfirmBreach>) {
    const row = await this.known(call);
    const about = { ...row, category: call.body.category ?? row.category };
    return this.open(call, about, call.body, row.noticedAt);
  }

  @Command(':breachId/dismiss', {
    scopes: officers,
    summary: 'What our own facts suggested is no breach, for this reason',
    body: DismissBreach,
    answers: BreachChanged,
  })
  dismiss(@Incoming() call: CallOf<typeof DismissBreach>) {
    const { reason, explanation } = call.body;
    return this.ask(call, 'Dismiss', { reason }, { dismissal: explanation });
  }

  @Command(':breachId/steps', {
    scopes: staff,
    summary: 'Somebody says that a step of the checklist is taken, or that there is nothing to do',
    description:
      'A deletion of what a hold covers counts only once it is kept as evidence, or the decision to delete it all the same is recorded (BR-40, BR-61).',
    body: TakeStep,
    answers: BreachChanged,
  })
  async step(@Incoming() call: CallOf<typeof TakeStep>) {
    const { tx, body } = call;
    const row = await this.known(call);
    const policies = await policiesOf(tx, row.groupIds);
    const { step, outcome = 'done', attestedBy } = body;
    const { rules } = breachChecklist(policies, row.noticedAt, await timeZone(tx));
    const held = { holdIds: await holdsOver(tx, row), holdRules: policies.slice(0, 1).flatMap(holdRules) };
    return this.ask(call, 'AttestStep', { step, outcome, attestedBy: idOf(attestedBy), rules: [...rules], ...held });
  }

  @Command(':breachId/evidence', {
    scopes: staff,
    summary: 'What holds cover is kept as evidence, so that it may be deleted from phones',
    body: KeepEvidence,
    answers: BreachChanged,
  })
  async evidence(@Incoming() call: CallOf<typeof KeepEvidence>) {
    const holdIds = await holdsOver(call.tx, await this.known(call));
    const { keptBy, where } = call.body;
    return this.ask(call, 'KeepEvidence', { holdIds, keptBy: idOf(keptBy) }, { evidence: where });
  }

  @Command(':breachId/held-deletion', {
    scopes: ['compliance'],
    summary: 'Decides that what holds cover is deleted without being kept as evidence',
    body: DecideOnHeld,
    answers: BreachChanged,
  })
  async heldDeletion(@Incoming() call: CallOf<typeof DecideOnHeld>) {
    const holdIds = await holdsOver(call.tx, await this.known(call));
    const { reason, decidedBy, explanation } = call.body;
    const data = { holdIds, reason, decidedBy: idOf(decidedBy) };
    return this.ask(call, 'DecideOnHeld', data, { heldDeletion: explanation });
  }

  @Command(':breachId/decision', {
    scopes: ['compliance'],
    summary: 'Decides how great the risk to people is, and whether the regulator is told',
    body: DecideReporting,
    answers: BreachChanged,
  })
  decide(@Incoming() call: CallOf<typeof DecideReporting>) {
    const { risk, report, toTell = [], decidedBy, reason } = call.body;
    const data = { risk, report, toTell: toTell.map(idOf), decidedBy: idOf(decidedBy) };
    return this.ask(call, 'DecideReporting', data, { reason });
  }

  @Command(':breachId/regulator', {
    scopes: ['compliance'],
    summary: 'The regulator was told; later than seventy-two hours after awareness the reason is needed',
    body: TellRegulator,
    answers: BreachChanged,
  })
  regulator(@Incoming() call: CallOf<typeof TellRegulator>) {
    const { toldBy, reference, delay } = call.body;
    const data = { toldBy: idOf(toldBy), isDelayExplained: delay !== undefined };
    return this.ask(call, 'TellRegulator', data, { regulator: reference, delay });
  }

  @Command(':breachId/people-told', {
    scopes: officers,
    summary: 'People whose data it was were told',
    body: TellPeople,
    answers: BreachChanged,
  })
  people(@Incoming() call: CallOf<typeof TellPeople>) {
    const { personIds, channel, toldBy, message } = call.body;
    return this.ask(call, 'TellPeople', { personIds: personIds.map(idOf), channel, toldBy: idOf(toldBy) }, { message });
  }

  @Command(':breachId/close', {
    scopes: ['compliance'],
    summary: 'Closes a breach; refused with the name of each piece that is missing',
    body: CloseBreach,
    answers: BreachChanged,
  })
  close(@Incoming() call: CallOf<typeof CloseBreach>) {
    const { outcome, closedBy, summary } = call.body;
    return this.ask(call, 'Close', { outcome, closedBy: idOf(closedBy) }, { summary });
  }

  @Read('', {
    scopes: [...officers, 'auditor'],
    summary: 'Breaches and what may be one, by the time they were noticed',
    query: BreachesQuery,
    answers: BreachPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof BreachesQuery>) {
    return listed(query, afterInstant, (part) => listBreaches(tx, part), ['noticedAt', 'breachId']);
  }

  @Read(':breachId', {
    scopes: officers,
    summary: 'One breach: its steps, its clocks in UTC and on the organisation’s own clocks, and what is missing',
    answers: Breach,
  })
  async show(@Incoming() call: Call) {
    const { tx } = call;
    const row = await this.known(call);
    const said = await this.kit.vault.read(tx, row.breachId, TEXTS);
    const shown = standing(row, await this.state(tx, row.breachId), await holdsOver(tx, row), await timeZone(tx));
    return new Answer(200, { ...shown, ...said });
  }

  private async known({ tx, params }: Pick<Call, 'tx' | 'params'>): Promise<BreachRow> {
    const [row] = await listBreaches(tx, { breachId: idOf(params['breachId']), limit: 1 });
    if (!row) throw notFound('breach');
    return row;
  }

  private async state(tx: Transaction, breachId: string) {
    return (await this.kit.commands.states(tx, breach, [breachId])).get(breachId)!.state;
  }

  /** Opens the case: what is to be done, by when, and who could see it. */
  private async open(
    { tx, cause, expectedVersion }: Pick<Call, 'tx' | 'cause' | 'expectedVersion'>,
    { breachId, category, groupIds, personIds, itemIds }: About,
    body: Aware & { readonly description?: string },
    unless: string,
  ): Promise<Answer> {
    const awareAt = body.awareAt === undefined ? unless : pastInstantIn('body/awareAt', body.awareAt, tx.now);
    const happenedAt = body.happenedAt === undefined ? undefined : instantIn('body/happenedAt', body.happenedAt);
    if (happenedAt !== undefined && happenedAt > awareAt)
      throw invalid([{ field: 'body/happenedAt', rule: 'must not be after the organisation became aware of it' }]);
    const checklist = breachChecklist(await policiesOf(tx, groupIds), awareAt, await timeZone(tx));
    const data = {
      breachId,
      category,
      groupIds: [...groupIds],
      personIds: [...personIds],
      itemIds: [...itemIds],
      awareAt,
      ...(happenedAt === undefined ? {} : { happenedAt }),
      steps: [...checklist.steps],
      inOrder: checklist.inOrder,
      rules: [...checklist.rules],
    };
    const [outcome] = await this.kit.commands.execute(tx, breach, cause, [
      { id: breachId, command: { name: 'Report', data }, occurredAt: awareAt, expectedVersion },
    ]);
    if (outcome!.refusal || outcome!.events.length === 0) return this.answer(tx, breachId, outcome!);
    if (body.description !== undefined) await this.kit.vault.write(tx, breachId, { description: body.description });
    const asOf = happenedAt ?? awareAt;
    const requests = [];
    for (const groupId of groupIds) {
      const established = { breachId, groupId, asOf, personIds: await presentAt(tx, groupId, asOf) };
      requests.push({ id: breachId, command: { name: 'EstablishRecipients' as const, data: established } });
    }
    const recipients = await this.kit.commands.execute(tx, breach, cause, requests);
    const all = [outcome!, ...recipients];
    return this.answer(tx, breachId, { ...all.at(-1)!, events: all.flatMap(({ events }) => events) });
  }

  /** Puts a command to the breach; what was said with it goes to the vault when it counts. */
  private async ask(call: Asked, name: keyof BreachCommands, more: object, said: Said = {}): Promise<Answer> {
    const { tx, body, cause, expectedVersion } = call;
    const { breachId } = await this.known(call);
    const command = { name, data: { breachId, ...more } } as CommandOf<BreachCommands>;
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, breach, cause, [
      { id: breachId, command, occurredAt, expectedVersion },
    ]);
    const texts = Object.entries(said).filter((entry): entry is [string, string] => entry[1] !== undefined);
    if (!outcome!.refusal && outcome!.events.length > 0 && texts.length > 0)
      await this.kit.vault.write(tx, breachId, Object.fromEntries(texts));
    return this.answer(tx, breachId, outcome!);
  }

  private async answer(tx: Transaction, breachId: string, outcome: Outcome): Promise<Answer> {
    return recorded(outcome, { breachId, missing: missingCodes(await this.state(tx, breachId)) });
  }
}
