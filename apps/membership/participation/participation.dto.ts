import { Type } from 'typebox';
import { Id } from '#events';
import { closed, OccurredAt, Recorded } from '#nest';

export const Happened = Type.Object({ occurredAt: OccurredAt }, closed);

export const ParticipationRecorded = Type.Object({ participationId: Id, ...Recorded });
