import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { type CommandOf, incident, type IncidentCommands, incidentRoute, matters } from '#domain';
import type { Outcome, Transaction } from '#eventsourcing';
import {
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  invalid,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  requireGroup,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import { policiesOf } from '../breaches/policies.js';
import {
  CloseIncident,
  Incident,
  IncidentChanged,
  IncidentPage,
  IncidentsQuery,
  PassOn,
  ReportIncident,
  TakeIncidentStep,
} from './incidents.dto.js';
import { doneAbout, type IncidentRow, listIncidents } from './incidents.read-model.js';

const staff = ['admin', 'moderator', 'compliance'] as const;
type Asked = Pick<Call<{ readonly occurredAt?: string }>, 'tx' | 'params' | 'body' | 'cause' | 'expectedVersion'>;

/** What anybody tells us of that is no breach: it goes to whom the policy names, by an instant, and does not get lost. */
@Resource('incidents', 'Incidents')
export class IncidentsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: [...staff, 'member'],
    summary:
      'Reports something: an offensive message, a worry, a group that looks like ours, misconduct, behaviour in a group',
    description:
      'Taken for groups that are not ours as well. Where no policy names whom to tell it is a manager; where it names no time it is a day (CN-21, AMZ-043, AMZ-071, AMZ-110, AMZ-127, BR-32). Of behaviour in a group something has to be done within the time the policy has for it (HSU-23); `matter` says what it is about, and the answer what to think of then.',
    body: ReportIncident,
    answers: IncidentChanged,
  })
  async report(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof ReportIncident>) {
    const incidentId = idOf(body.incidentId ?? v7());
    const groupIds = body.groupId === undefined ? [] : [idOf(body.groupId)];
    for (const groupId of groupIds) await requireGroup(tx, groupId);
    const { category, matter, personIds = [] } = body;
    if (matter !== undefined && (category !== 'conduct' || groupIds.length === 0))
      throw invalid([{ field: 'body/matter', rule: 'belongs to conduct in a group of ours, named in groupId' }]);
    const data = {
      incidentId,
      category,
      ...(matter === undefined ? {} : { matter }),
      ...(groupIds[0] === undefined ? {} : { groupId: groupIds[0] }),
      personIds: personIds.map(idOf),
      route: incidentRoute(await policiesOf(tx, groupIds), category, matter),
      timeZone: await timeZone(tx),
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, incident, cause, [
      { id: incidentId, command: { name: 'Report', data }, occurredAt, expectedVersion },
    ]);
    if (outcome!.events.length > 0) await this.kit.vault.write(tx, incidentId, { description: body.description });
    return this.answer(tx, incidentId, outcome!);
  }

  @Command(':incidentId/passed-on', {
    scopes: staff,
    summary: 'One who has to hear of it was told',
    body: PassOn,
    answers: IncidentChanged,
  })
  passOn(@Incoming() call: CallOf<typeof PassOn>) {
    const { recipient, toldBy } = call.body;
    return this.ask(call, 'PassOn', { recipient, toldBy: idOf(toldBy) });
  }

  @Command(':incidentId/steps', {
    scopes: staff,
    summary: 'Something was done about it',
    description:
      'Of behaviour in a group: the steps of the policy, such as speaking with the person first. Where it is strict a later step needs the earlier ones, or a word on why not (LD-40, HSU-26).',
    body: TakeIncidentStep,
    answers: IncidentChanged,
  })
  step(@Incoming() call: CallOf<typeof TakeIncidentStep>) {
    const { step, takenBy, reason } = call.body;
    const data = { step, takenBy: idOf(takenBy), isExplained: reason !== undefined };
    return this.ask(call, 'TakeStep', data, reason === undefined ? {} : { reason });
  }

  @Command(':incidentId/close', {
    scopes: staff,
    summary: 'It is dealt with; refused with the name of whatever is missing',
    body: CloseIncident,
    answers: IncidentChanged,
  })
  close(@Incoming() call: CallOf<typeof CloseIncident>) {
    const { outcome, closedBy, note } = call.body;
    return this.ask(call, 'Close', { outcome, closedBy: idOf(closedBy) }, note === undefined ? {} : { note });
  }

  @Read('', {
    scopes: [...staff, 'auditor'],
    summary: 'Incidents by the time their recipients have to know of them',
    query: IncidentsQuery,
    answers: IncidentPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof IncidentsQuery>) {
    return listed(query, afterInstant, (part) => listIncidents(tx, part), ['dueAt', 'incidentId']);
  }

  @Read(':incidentId', { scopes: staff, summary: 'One incident, with what was said and done', answers: Incident })
  async show(@Incoming() { tx, params }: Call) {
    const row = await this.known(tx, idOf(params['incidentId']));
    const said = await this.kit.vault.read(tx, row.incidentId, ['description', 'reason', 'note']);
    return new Answer(200, { ...row, advice: adviceOn(row), done: await doneAbout(tx, row.incidentId), ...said });
  }

  private async known(tx: Transaction, incidentId: string): Promise<IncidentRow> {
    const [row] = await listIncidents(tx, { incidentId, limit: 1 });
    if (!row) throw notFound('incident');
    return row;
  }

  /** Puts a command to the incident; what was said with it goes to the vault when it counts. */
  private async ask(
    { tx, params, body, cause, expectedVersion }: Asked,
    name: keyof IncidentCommands,
    more: object,
    said: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const { incidentId } = await this.known(tx, idOf(params['incidentId']));
    const command = { name, data: { incidentId, ...more } } as CommandOf<IncidentCommands>;
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, incident, cause, [
      { id: incidentId, command, occurredAt, expectedVersion },
    ]);
    if (!outcome!.refusal && outcome!.events.length > 0 && Object.keys(said).length > 0)
      await this.kit.vault.write(tx, incidentId, said);
    return this.answer(tx, incidentId, outcome!);
  }

  private async answer(tx: Transaction, incidentId: string, outcome: Outcome): Promise<Answer> {
    const row = await this.known(tx, incidentId);
    const { recipients, dueAt, actBy } = row;
    return recorded(outcome, { incidentId, recipients, dueAt, actBy, advice: adviceOn(row) });
  }
}

const adviceOn = ({ matter }: IncidentRow): string | null => (matter === null ? null : matters[matter].advice);
