import { Type } from 'typebox';
import { Id } from '#events';
import { closed, instant, OccurredAt, orNull, PageQuery } from '#nest';
import { PROPOSAL_STATES } from './proposals.read-model.js';

export const Propose = Type.Object(
  {
    personId: Id,
    proposedBy: Type.Optional({ ...Id, description: 'The person on whose behalf this is asked unless said.' }),
    occurredAt: OccurredAt,
  },
  closed,
);

export const ProposalsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(Type.Enum([...PROPOSAL_STATES])) },
  closed,
);

export const ProposalView = Type.Object({
  groupId: Id,
  personId: Id,
  proposedBy: Id,
  proposedAt: instant,
  state: Type.Enum([...PROPOSAL_STATES]),
  settledAt: orNull(instant),
});
