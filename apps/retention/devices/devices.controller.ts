import { Inject } from '@nestjs/common';
import { v5, v7 } from 'uuid';
import { breach, type CommandOf, device, type DeviceCommands } from '#domain';
import type { Outcome, Transaction } from '#eventsourcing';
import {
  afterId,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { groupsAt } from '../breaches/presence.js';
import {
  AnswerSearch,
  Device,
  DeviceChanged,
  DeviceLost,
  DevicePage,
  DeviceRegistered,
  DevicesQuery,
  DeviceStep,
  DoTask,
  RegisterDevice,
  ReportLost,
} from './devices.dto.js';
import { type DeviceRow, listDevices, tasksAbout } from './devices.read-model.js';

const staff = ['admin', 'moderator', 'compliance'] as const;
const anybody = [...staff, 'member'] as const;
/** Names the breach that a loss may be: one for each loss. */
const LOSSES = '0d7b4f0e-3b39-4d2c-8f53-2f0d6a1c9e72';
type Asked = Pick<Call<{ readonly occurredAt?: string }>, 'tx' | 'params' | 'body' | 'cause' | 'expectedVersion'>;

/** What somebody should know who uses a device of their own (AMZ-041, BR-48). */
const forOwn = [
  { code: 'use_a_work_number', text: 'Everybody in a group sees the number you joined with: rather use one of work.' },
  {
    code: 'may_be_searched',
    text: 'What belongs to the organisation on it may have to be disclosed. Say whether it may be searched for that.',
  },
];

/** The register of what people have the groups on, and what follows when one is lost. */
@Resource('devices', 'Devices')
export class DevicesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: anybody,
    summary: 'Puts a device on the register; with advice where it is the person’s own',
    body: RegisterDevice,
    answers: DeviceRegistered,
  })
  async register(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof RegisterDevice>) {
    const { kind, identifiers } = body;
    const deviceId = idOf(body.deviceId ?? v7());
    const data = { deviceId, personId: idOf(body.personId), kind };
    const [outcome] = await this.kit.commands.execute(tx, device, cause, [
      { id: deviceId, command: { name: 'Register', data }, expectedVersion },
    ]);
    if (outcome!.events.length > 0) await this.kit.vault.write(tx, deviceId, { identifiers });
    return recorded(outcome!, { deviceId, advice: kind === 'own' ? forOwn : [] });
  }

  @Command(':deviceId/search', {
    scopes: anybody,
    summary: 'The owner says whether it may be searched for records somebody is owed (BR-48)',
    body: AnswerSearch,
    answers: DeviceChanged,
  })
  search(@Incoming() call: CallOf<typeof AnswerSearch>) {
    return this.ask(call, 'AnswerSearch', { isAllowed: call.body.isAllowed });
  }

  @Command(':deviceId/lost', {
    scopes: anybody,
    summary: 'The device is lost or stolen: what has to be done about it, and a breach is suggested',
    description:
      'Takes in every group its owner was in at the time, by what membership has told (CN-07). Whether it is a breach is for a person to say.',
    body: ReportLost,
    answers: DeviceLost,
  })
  async lost(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof ReportLost>) {
    const { deviceId, personId } = await this.known(tx, params);
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const groupIds = await groupsAt(tx, personId, occurredAt);
    const command = { name: 'ReportLost' as const, data: { deviceId, groupIds } };
    const [outcome] = await this.kit.commands.execute(tx, device, cause, [
      { id: deviceId, command, occurredAt, expectedVersion },
    ]);
    const isNews = !outcome!.refusal && outcome!.events.length > 0;
    if (isNews && body.circumstances !== undefined)
      await this.kit.vault.write(tx, deviceId, { circumstances: body.circumstances });
    const suggested = isNews ? await this.suggest(tx, cause, outcome!, { personId, groupIds }) : undefined;
    const row = await this.known(tx, params);
    const events = [...outcome!.events, ...(suggested?.outcome.events ?? [])];
    const shown = { deviceId, breachId: suggested?.breachId ?? null, groupIds: row.groupIds ?? [], dueAt: row.dueAt };
    return recorded({ ...outcome!, events }, shown);
  }

  @Command(':deviceId/tasks', {
    scopes: anybody,
    summary: 'Somebody says that this is done about the lost device',
    body: DoTask,
    answers: DeviceChanged,
  })
  task(@Incoming() call: CallOf<typeof DoTask>) {
    return this.ask(call, 'DoTask', { task: call.body.task, doneBy: idOf(call.body.doneBy) });
  }

  @Command(':deviceId/found', {
    scopes: anybody,
    summary: 'The device is back in its owner’s hands',
    body: DeviceStep,
    answers: DeviceChanged,
  })
  found(@Incoming() call: CallOf<typeof DeviceStep>) {
    return this.ask(call, 'ReportFound');
  }

  @Command(':deviceId/retire', {
    scopes: anybody,
    summary: 'The device is used for groups no more',
    body: DeviceStep,
    answers: DeviceChanged,
  })
  retire(@Incoming() call: CallOf<typeof DeviceStep>) {
    return this.ask(call, 'Retire');
  }

  @Read('', {
    scopes: [...staff, 'auditor'],
    summary: 'The register; `kind=own&search=not_asked` are those whose owners have yet to be asked',
    query: DevicesQuery,
    answers: DevicePage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof DevicesQuery>) {
    return listed(query, afterId, (part) => listDevices(tx, part), ['deviceId']);
  }

  @Read(':deviceId', { scopes: staff, summary: 'One device, and what is done about it if it is lost', answers: Device })
  async show(@Incoming() { tx, params }: Call) {
    const row = await this.known(tx, params);
    const said = await this.kit.vault.read(tx, row.deviceId, ['identifiers', 'circumstances']);
    return new Answer(200, { ...row, tasks: await tasksAbout(tx, row.deviceId), ...said });
  }

  private async known(tx: Transaction, params: Call['params']): Promise<DeviceRow> {
    const [row] = await listDevices(tx, { deviceId: idOf(params['deviceId']), limit: 1 });
    if (!row) throw notFound('device');
    return row;
  }

  /** Whoever has the device now can read what is on it. */
  private async suggest(
    tx: Transaction,
    { actor }: Call['cause'],
    { events }: Outcome,
    { personId, groupIds }: { personId: string; groupIds: readonly string[] },
  ): Promise<{ breachId: string; outcome: Outcome }> {
    const [{ id: causationId, correlationId, occurredAt, data }] = events as [Outcome['events'][number]];
    const breachId = v5(`${tx.tenantId!}:${causationId}`, LOSSES);
    const about = { groupIds: [...groupIds], personIds: [personId], itemIds: [], basedOn: data['deviceId'] as string };
    const command = {
      name: 'Suggest' as const,
      data: { breachId, category: 'lost_device' as const, basis: 'device_lost' as const, ...about },
    };
    const [outcome] = await this.kit.commands.execute(tx, breach, { actor, correlationId, causationId }, [
      { id: breachId, command, occurredAt },
    ]);
    return { breachId, outcome: outcome! };
  }

  private async ask(
    { tx, params, body, cause, expectedVersion }: Asked,
    name: keyof DeviceCommands,
    more: object = {},
  ): Promise<Answer> {
    const { deviceId } = await this.known(tx, params);
    const command = { name, data: { deviceId, ...more } } as CommandOf<DeviceCommands>;
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, device, cause, [
      { id: deviceId, command, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { deviceId });
  }
}
