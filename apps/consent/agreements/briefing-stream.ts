import { v5 } from 'uuid';

const BRIEFINGS = '0c3b4f83-5d0b-4b0d-9a0e-6f6f1d2c7a55';

/** The stream of what a person in a group was sent and accepted; of the group's start where there is no person. */
export function briefingId(groupId: string, personId?: string): string {
  return v5(`${groupId}:${personId ?? 'start'}`.toLowerCase(), BRIEFINGS);
}
