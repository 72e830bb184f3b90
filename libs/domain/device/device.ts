/** A device that somebody has groups on: whose it is, whether it may be searched, and what has to be done when it is lost. */
import type { RetentionPayloads } from '#events';
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, nothing, record, refuse } from '../decider.js';

type DeviceEvents = Pick<
  RetentionPayloads,
  | 'DeviceRegistered'
  | 'DeviceSearchAnswered'
  | 'DeviceRetired'
  | 'DeviceLost'
  | 'DeviceTaskDone'
  | 'DeviceTasksOverdue'
  | 'DeviceFound'
>;
type Registered = DeviceEvents['DeviceRegistered'];
export type DeviceTask = DeviceEvents['DeviceTaskDone']['task'];

/** One stream for each device. What tells it apart (number, serial number, name) is in the vault under its id. Instants are UTC. */
export type DeviceCommands = {
  Register: Registered;
  /** The owner says whether it may be searched for records somebody is owed (BR-48). */
  AnswerSearch: DeviceEvents['DeviceSearchAnswered'];
  Retire: { readonly deviceId: string };
  /** `groupIds`: the groups its owner was in when it was lost. */
  ReportLost: { readonly deviceId: string; readonly groupIds: readonly string[] };
  DoTask: Omit<DeviceEvents['DeviceTaskDone'], 'lateBySeconds'>;
  DeclareOverdue: { readonly deviceId: string; readonly dueAt: string };
  ReportFound: { readonly deviceId: string };
};

/** How soon a lost device is shut out. The guidance names no time (CN-07): a day from the loss is the product's own reading. */
const WITHIN = 'PT24H';
const tasksWithGroups: readonly DeviceTask[] = ['remove_from_groups', 'log_out_linked_devices', 'tell_manager'];

interface Loss {
  readonly lost: DeviceEvents['DeviceLost'];
  readonly lostAt: string;
  readonly done: ReadonlySet<DeviceTask>;
  readonly isOverdue: boolean;
}
type State =
  | { readonly status: 'none' }
  | {
      readonly status: 'registered' | 'retired';
      readonly device: Registered;
      readonly isSearchAllowed: boolean | undefined;
      readonly loss: Loss | undefined;
      /** When it was last found again. */
      readonly foundAt?: string;
    };

export const device: Decider<State, DeviceCommands, DeviceEvents> = {
  category: 'device',
  initial: { status: 'none' },
  decide: {
    Register: (data, state) => {
      if (state.status === 'none') return [record('DeviceRegistered', data)];
      const { personId, kind } = state.device;
      return state.status === 'registered' && personId === data.personId && kind === data.kind
        ? nothing
        : refuse('DeviceKnown', 'A device of this id is on the register, as another one.');
    },
    AnswerSearch: (data, state) =>
      whileKnown(state, ({ isSearchAllowed }) =>
        isSearchAllowed === data.isAllowed ? nothing : [record('DeviceSearchAnswered', data)],
      ),
    Retire: (data, state) => {
      if (state.status === 'retired') return nothing;
      return whileKnown(state, ({ loss }) =>
        loss && undone(loss).length > 0
          ? refuse('DeviceLost', 'The device is lost, and not everything is done about it.')
          : [record('DeviceRetired', data)],
      );
    },
    ReportLost: ({ deviceId, groupIds }, state, { occurredAt }) =>
      whileKnown(state, ({ device: { personId }, loss, foundAt }) => {
        if (loss) return nothing;
        if (foundAt !== undefined && compareInstants(occurredAt, foundAt) < 0)
          return refuse('BeforeFind', 'The device was found again later than that.');
        const tasks = groupIds.length > 0 ? [...tasksWithGroups] : tasksWithGroups.slice(1);
        const dueAt = addDuration(occurredAt, WITHIN);
        return [record('DeviceLost', { deviceId, personId, groupIds: [...groupIds], tasks, dueAt })];
      }),
    DoTask: (data, state, { occurredAt }) =>
      whileLost(state, occurredAt, ({ lost, done }) => {
        if (!lost.tasks.includes(data.task)) return refuse('NoSuchTask', 'This need not be done about this device.');
        if (done.has(data.task)) return nothing;
        return [record('DeviceTaskDone', { ...data, lateBySeconds: secondsLate(lost.dueAt, occurredAt) })];
      }),
    DeclareOverdue: (data, state, { now }) => {
      if (state.status === 'none' || !state.loss || state.loss.isOverdue) return nothing;
      const tasks = undone(state.loss);
      return tasks.length > 0 && state.loss.lost.dueAt === data.dueAt && compareInstants(data.dueAt, now) <= 0
        ? [record('DeviceTasksOverdue', { ...data, tasks })]
        : nothing;
    },
    ReportFound: (data, state, { occurredAt }) => whileLost(state, occurredAt, () => [record('DeviceFound', data)]),
  },
  evolve: {
    DeviceRegistered: (_, registered) => ({
      status: 'registered',
      device: registered,
      isSearchAllowed: undefined,
      loss: undefined,
    }),
    DeviceSearchAnswered: (state, { isAllowed }) =>
      state.status === 'none' ? state : { ...state, isSearchAllowed: isAllowed },
    DeviceRetired: (state) => (state.status === 'none' ? state : { ...state, status: 'retired' }),
    DeviceLost: (state, lost, { occurredAt }) =>
      state.status === 'none'
        ? state
        : { ...state, loss: { lost, lostAt: occurredAt, done: new Set(), isOverdue: false } },
    DeviceTaskDone: (state, { task }) => withLoss(state, (loss) => ({ ...loss, done: new Set([...loss.done, task]) })),
    DeviceTasksOverdue: (state) => withLoss(state, (loss) => ({ ...loss, isOverdue: true })),
    DeviceFound: (state, _, { occurredAt }) =>
      state.status === 'none' ? state : { ...state, loss: undefined, foundAt: occurredAt },
  },
  deadlines: {
    DeviceLost: ({ deviceId, dueAt }) => [
      { schedule: 'due', dueAt, command: { name: 'DeclareOverdue', data: { deviceId, dueAt } } },
    ],
    DeviceFound: () => [{ cancel: 'due' }],
  },
};

type Known = Exclude<State, { status: 'none' }>;

function whileKnown(state: State, decide: (known: Known) => Decision<DeviceEvents>): Decision<DeviceEvents> {
  if (state.status === 'none') return refuse('DeviceUnknown', 'No device of this id is on the register.');
  return state.status === 'retired' ? refuse('DeviceRetired', 'The device is used no more.') : decide(state);
}

/** Decides on a lost device; `at` is the time that something is said of, which is not before the loss. */
function whileLost(state: State, at: string, decide: (loss: Loss) => Decision<DeviceEvents>): Decision<DeviceEvents> {
  return whileKnown(state, ({ loss }) => {
    if (!loss) return refuse('NotLost', 'The device is not lost.');
    return compareInstants(at, loss.lostAt) < 0
      ? refuse('BeforeLoss', 'The device was lost later than that.')
      : decide(loss);
  });
}

const undone = ({ lost, done }: Loss): DeviceTask[] => lost.tasks.filter((task) => !done.has(task));

function withLoss(state: State, to: (loss: Loss) => Loss): State {
  return state.status === 'none' || !state.loss ? state : { ...state, loss: to(state.loss) };
}
