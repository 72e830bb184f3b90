/** The texts of one group: checked before they count, published one version at a time, out of date when they name somebody who left. */
import type { ConsentPayloads, Rule } from '#events';
import { type Decider, type Decision, type NewEventOf, nothing, record, refuse } from '../decider.js';
import type { TextFault } from './check.js';
import type { TextKind } from './text.js';

type TextEvents = Pick<
  ConsentPayloads,
  | 'TextValidated'
  | 'TextRejected'
  | 'TextPublished'
  | 'DescriptionStale'
  | 'GroupTextsComplete'
  | 'GroupTextsIncomplete'
>;
type Submitted = ConsentPayloads['TextValidated'];

/** One stream for each group. `required` are the kinds the group has to have by its policy as it stands at the command. */
export type TextsCommands = {
  Submit: Submitted & { readonly faults: readonly TextFault[]; readonly rules: readonly Rule[] };
  Publish: ConsentPayloads['TextPublished'] & {
    readonly required: readonly TextKind[];
    readonly rules: readonly Rule[];
  };
  /** Somebody no longer runs the group. */
  DropModerator: { readonly groupId: string; readonly personId: string; readonly required: readonly TextKind[] };
  /** Another policy asks for other kinds. */
  Reassess: { readonly groupId: string; readonly required: readonly TextKind[] };
};

type Version = Pick<Submitted, 'kind' | 'version' | 'names'>;
type State = {
  /** Every version that was found good. */
  readonly valid: readonly Version[];
  readonly current: ReadonlyMap<TextKind, string>;
  readonly isDescriptionStale: boolean;
  readonly isComplete: boolean;
};

export const texts: Decider<State, TextsCommands, TextEvents> = {
  category: 'texts',
  initial: { valid: [], current: new Map(), isDescriptionStale: false, isComplete: false },
  decide: {
    Submit: submit,
    Publish: ({ required, rules, ...published }, state) => {
      const { groupId, kind, version } = published;
      if (!find(state, kind, version))
        return refuse('TextNotValidated', 'No text of this kind and version was found good for the group.', rules);
      if (state.current.get(kind) === version && !(kind === 'description' && state.isDescriptionStale)) return nothing;
      const after = evolvePublished(state, kind, version);
      return [record('TextPublished', published, ...rules), ...assess(groupId, state, after, required)];
    },
    DropModerator: ({ groupId, personId, required }, state) => {
      const version = state.current.get('description');
      if (version === undefined || state.isDescriptionStale) return nothing;
      if (!find(state, 'description', version)?.names.includes(personId)) return nothing;
      const after = { ...state, isDescriptionStale: true };
      return [record('DescriptionStale', { groupId, version, personId }), ...assess(groupId, state, after, required)];
    },
    /** A group that has published nothing yet is no nearer to being complete for a policy that asks for less. */
    Reassess: ({ groupId, required }, state) =>
      state.current.size === 0 ? nothing : assess(groupId, state, state, required),
  },
  evolve: {
    TextValidated: (state, { kind, version, names }) => ({
      ...state,
      valid: [...state.valid.filter((one) => one.kind !== kind || one.version !== version), { kind, version, names }],
    }),
    TextRejected: (state) => state,
    TextPublished: (state, { kind, version }) => evolvePublished(state, kind, version),
    DescriptionStale: (state) => ({ ...state, isDescriptionStale: true }),
    GroupTextsComplete: (state) => ({ ...state, isComplete: true }),
    GroupTextsIncomplete: (state) => ({ ...state, isComplete: false }),
  },
};

/** Every submission is checked anew, for who runs the group may have changed; a text that lacks something is refused and recorded. */
function submit({ faults, rules, ...submitted }: TextsCommands['Submit'], state: State): Decision<TextEvents> {
  const { groupId, kind, version, names } = submitted;
  const [first] = faults;
  if (!first) {
    const known = find(state, kind, version);
    const isSame = known && [...known.names].sort().join() === [...names].sort().join();
    return isSame ? nothing : [record('TextValidated', submitted, ...rules)];
  }
  const items = [...new Set(faults.map(({ item }) => item))];
  const broken = distinct(faults.map(({ rule }) => rule));
  const because = faults.map((fault) => fault.because).join(' ');
  const evidence = record('TextRejected', { groupId, kind, version, faults: items }, ...broken);
  return refuse<TextEvents>('TextIncomplete', because, broken, [evidence]);
}

/** What of the required texts is missing, or out of date; told when that changes. */
function assess(
  groupId: string,
  { isComplete }: State,
  after: State,
  required: readonly TextKind[],
): NewEventOf<TextEvents>[] {
  const kinds = required.filter(
    (kind) => !after.current.has(kind) || (kind === 'description' && after.isDescriptionStale),
  );
  if (kinds.length > 0) return isComplete ? [record('GroupTextsIncomplete', { groupId, kinds })] : [];
  return isComplete ? [] : [record('GroupTextsComplete', { groupId, kinds: [...required] })];
}

function evolvePublished(state: State, kind: TextKind, version: string): State {
  const isDescriptionStale = kind === 'description' ? false : state.isDescriptionStale;
  return { ...state, isDescriptionStale, current: new Map(state.current).set(kind, version) };
}

const find = ({ valid }: State, kind: TextKind, version: string) =>
  valid.find((one) => one.kind === kind && one.version === version);

function distinct(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [rule.parameter, rule])).values()];
}
