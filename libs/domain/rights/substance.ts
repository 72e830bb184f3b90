/** What a request to put data right, or an objection, has to say, and what an answer to it has to rest on (UK GDPR, articles 16, 19 and 21). */
import type { RetentionPayloads } from '#events';
import { compareInstants } from '../calendar/calendar.js';

type Received = RetentionPayloads['RequestReceived'];
type Asked = Pick<Received, 'kind' | 'wrong' | 'against' | 'purpose'>;
type Noted = Pick<RetentionPayloads['CorrectionNoted'], 'correctionId' | 'classes' | 'madeAt'>;
export type Answered = Omit<RetentionPayloads['RequestAnswered'], 'requestId' | 'lateBySeconds'>;
type Reason = NonNullable<Answered['because']>;

/** A refusal's code and its sentence; undefined where nothing is wrong. */
type Fault = readonly [code: string, because: string] | undefined;

const NOT_RIGHT: readonly Reason[] = ['accurate', 'cannot_verify', 'other'];
/** An objection gives way to these alone (article 21(1)), or the right does not apply to what is objected to. */
const NOT_STOPPED: readonly Reason[] = ['compelling_grounds', 'legal_claims', 'not_applicable'];

/** Why a request cannot be taken in as it is stated. */
export function faultInRequest({ kind, wrong, against, purpose }: Asked): Fault {
  if (kind === 'rectification' && !wrong) return ['NothingNamed', 'Name in `wrong` which data is said to be wrong.'];
  if (kind === 'objection' && !against) return ['NothingNamed', 'Name in `against` what the person objects to.'];
  if ((wrong && kind !== 'rectification') || (against && kind !== 'objection'))
    return ['NotOfThisKind', '`wrong` belongs to a rectification alone, and `against` to an objection.'];
  if ((against?.includes('purpose') ?? false) !== (purpose !== undefined))
    return ['PurposeMissing', 'Whoever objects to a purpose names it in `purpose`; nobody else does.'];
  return undefined;
}

/** Why a correction does not count towards a request received at `receivedAt` (UTC). */
export function faultInCorrection(
  { kind, wrong }: Asked,
  receivedAt: string,
  { classes, madeAt }: Omit<Noted, 'correctionId'>,
): Fault {
  if (kind !== 'rectification') return ['NotARectification', 'Corrections belong to a request to put data right.'];
  if (compareInstants(madeAt, receivedAt) < 0)
    return ['CorrectedBefore', 'What was changed before the request came does not answer it.'];
  return wrong && !classes.some((one) => wrong.includes(one))
    ? ['NotWhatWasWrong', 'The correction is of other data than the request says is wrong.']
    : undefined;
}

/** Why an answer cannot be given: it rests on nothing that is on record, or gives no reason for what it refuses. */
export function faultInAnswer(asked: Asked, noted: readonly Noted[], isWithdrawn: boolean, answer: Answered): Fault {
  const { corrections, stopped, because } = answer;
  if (corrections && asked.kind !== 'rectification')
    return ['NotOfThisKind', 'Only a rectification rests on corrections.'];
  if (stopped && asked.kind !== 'objection')
    return ['NotOfThisKind', 'Only an objection is answered by what is stopped.'];
  if (asked.kind === 'rectification') return faultInRectification(asked, noted, answer);
  if (asked.kind === 'objection') return isWithdrawn ? undefined : faultInObjection(asked, answer);
  return because ? ['NotOfThisKind', 'This kind of request is refused in words, in `answer`.'] : undefined;
}

function faultInRectification(
  { wrong }: Asked,
  noted: readonly Noted[],
  { outcome, corrections = [], because }: Answered,
): Fault {
  const named = noted.filter(({ correctionId }) => corrections.includes(correctionId));
  if (named.length < new Set(corrections).size)
    return [
      'CorrectionUnknown',
      'No such correction was made since the request came. Those that were are listed with the request.',
    ];
  if (outcome === 'refused' && named.length > 0)
    return ['NotRefused', 'Where something was corrected the answer is `in_part`, or `complied`.'];
  const fault = faultInReason(outcome, because, NOT_RIGHT);
  if (fault || outcome === 'refused') return fault;
  const corrected = named.flatMap(({ classes }) => classes);
  const isEnough = outcome === 'complied' && wrong ? wrong.every((one) => corrected.includes(one)) : named.length > 0;
  return isEnough
    ? undefined
    : [
        'NotCorrected',
        'Correct the data, or state where it was corrected, and name the correction of each class that was wrong in `corrections`; or refuse, with the reason.',
      ];
}

function faultInObjection({ against = [] }: Asked, { outcome, stopped = [], because }: Answered): Fault {
  if (stopped.some((one) => !against.includes(one)))
    return ['NotObjectedTo', '`stopped` names something that the person did not object to.'];
  if (outcome === 'refused' && stopped.length > 0)
    return ['NotRefused', 'Where something was stopped the answer is `in_part`, or `complied`.'];
  const fault = faultInReason(outcome, because, NOT_STOPPED);
  if (fault || outcome === 'refused') return fault;
  const isEnough = outcome === 'complied' ? against.every((one) => stopped.includes(one)) : stopped.length > 0;
  return isEnough
    ? undefined
    : [
        'NotStopped',
        'Name in `stopped` what is done no longer: all that was objected to, or answer `in_part` or `refused` with the reason.',
      ];
}

/** Whatever is refused, wholly or in part, is refused for a reason of its kind; what is not refused for none. */
function faultInReason(outcome: Answered['outcome'], because: Reason | undefined, fitting: readonly Reason[]): Fault {
  if (outcome === 'complied')
    return because ? ['NothingRefused', 'An answer that refuses nothing gives no reason in `because`.'] : undefined;
  return because && fitting.includes(because)
    ? undefined
    : ['ReasonMissing', `Name in \`because\` why it is refused: ${fitting.join(', ')}.`];
}
