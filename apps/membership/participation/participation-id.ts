import { v5 } from 'uuid';

/** Namespace of the ids of participations; changing it would lose every stream. */
const PARTICIPATIONS = '3d0f3c6a-5c52-5d0e-9f5e-6f1f7a1f4b61';
/** Namespace of the ids of removal tasks. */
const REMOVAL_TASKS = '9c1e0a77-2b35-5f43-8a0c-1f0a4f0e7c22';

/** The stream of one person in one group; ids in lower case. The same two always give the same one. */
export const participationId = (groupId: string, personId: string): string =>
  v5(`${groupId}:${personId}`, PARTICIPATIONS);

/** The task that an event leads to in one participation: the same however often the event is delivered. */
export const removalTaskId = (eventId: string, participation: string): string =>
  v5(`${eventId}:${participation}`, REMOVAL_TASKS);
