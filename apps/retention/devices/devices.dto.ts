import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';
import { DEVICE_STATES } from './devices.read-model.js';

const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 1000, description: `${description}; kept in the vault` });
const kind = Type.Enum(['own', 'issued'], { description: 'The person’s own, or the organisation’s' });
const state = Type.Enum([...DEVICE_STATES]);
const search = Type.Enum(['not_asked', 'allowed', 'refused'], {
  description: 'Whether the owner lets it be searched for records somebody is owed',
});
const task = Type.Enum(['remove_from_groups', 'log_out_linked_devices', 'tell_manager']);

export const RegisterDevice = Type.Object(
  {
    deviceId: Type.Optional(uuid),
    personId: Type.String({ format: 'uuid', description: 'Who has groups on it' }),
    kind,
    identifiers: words('What tells it apart: number, serial number, name'),
  },
  closed,
);
export const AnswerSearch = Type.Object({ isAllowed: Type.Boolean(), occurredAt: OccurredAt }, closed);
export const ReportLost = Type.Object(
  {
    circumstances: Type.Optional(words('How it was lost, and whether it was locked')),
    occurredAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When it was lost; not in the future. Now unless said' }),
    ),
  },
  closed,
);
export const DoTask = Type.Object(
  { task, doneBy: Type.String({ format: 'uuid', description: 'Whose word it is' }), occurredAt: OccurredAt },
  closed,
);
export const DeviceStep = Type.Object({ occurredAt: OccurredAt }, closed);
export const DevicesQuery = Type.Object(
  {
    ...PageQuery,
    personId: Type.Optional(uuid),
    kind: Type.Optional(kind),
    state: Type.Optional(state),
    search: Type.Optional(search),
  },
  closed,
);

const Advice = Type.Array(Type.Object({ code: Type.String(), text: Type.String() }), {
  description: 'What the person should know; advice and no rule',
});
export const DeviceChanged = Type.Object({ deviceId: uuid, ...Recorded });
export const DeviceRegistered = Type.Object({ deviceId: uuid, advice: Advice, ...Recorded });
export const DeviceLost = Type.Object({
  deviceId: uuid,
  breachId: orNull(
    Type.String({ format: 'uuid', description: 'The breach that it may be: to be confirmed or dismissed' }),
  ),
  groupIds: Type.Array(uuid),
  dueAt: orNull(instant),
  ...Recorded,
});
const device = {
  deviceId: uuid,
  personId: uuid,
  kind,
  registeredAt: instant,
  state,
  search,
  lostAt: orNull(instant),
  dueAt: orNull(instant),
  overdueAt: orNull(instant),
  groupIds: orNull(Type.Array(uuid)),
};
export const DevicePage = pageOf(Type.Object(device));
export const Device = Type.Object({
  ...device,
  tasks: Type.Array(
    Type.Object({ task, doneBy: orNull(uuid), doneAt: orNull(instant), lateBySeconds: orNull(Type.Integer()) }),
  ),
  identifiers: Reference,
  circumstances: Reference,
});
