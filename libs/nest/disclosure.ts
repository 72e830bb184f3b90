import type { Call } from './call.js';
import type { ServiceKit } from './service.js';

/** Personal fields that somebody was shown. `about` is the thing they were read from where that is not the subject itself. */
interface Reading {
  readonly subjectId: string;
  readonly fields: readonly string[];
  readonly about?: string;
}

/** Puts on record that whoever asks was shown these fields. The stream is named by an id that is this service's own. */
export async function recordReading(
  kit: ServiceKit,
  { tx, cause, principal: { keyId } }: Pick<Call, 'tx' | 'cause' | 'principal'>,
  ...readings: readonly Reading[]
): Promise<void> {
  const appends = readings.map(({ subjectId, fields, about = subjectId }) => ({
    streamId: `disclosures-${about}`,
    expectedVersion: 'any' as const,
    events: [{ name: 'PersonalDataRead', data: { keyId, subjectId, fields } }],
  }));
  await kit.store.append(tx, cause, appends);
}
