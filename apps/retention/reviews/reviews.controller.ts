import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { review } from '#domain';
import {
  afterInstant,
  type CallOf,
  closed,
  Command,
  idOf,
  Incoming,
  instant,
  listed,
  notFound,
  OccurredAt,
  orNull,
  pageOf,
  PageQuery,
  pastInstantIn,
  Read,
  recorded,
  Recorded,
  Resource,
  ServiceKit,
  term,
  uuid,
} from '#nest';
import { listReviews, REVIEW_STATES, REVIEW_SUBJECTS } from './reviews.read-model.js';

const state = Type.Enum([...REVIEW_STATES]);
const subject = Type.Enum([...REVIEW_SUBJECTS], {
  description: 'The rules of a profile, its times to keep things, a hold, or an item whose end asks for a look',
});
const ReviewsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), subject: Type.Optional(subject) },
  closed,
);
const RecordReview = Type.Object(
  {
    outcome: Type.Enum(['stays', 'to_be_changed'], { description: 'Whether the rules stay as they are' }),
    reviewedBy: Type.String({ format: 'uuid', description: 'Who looked' }),
    owner: Type.Optional(term('Who looks next time; the same as now unless said')),
    note: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4000, description: 'What was found; kept in the vault' }),
    ),
    occurredAt: OccurredAt,
  },
  closed,
);
const ReviewPage = pageOf(
  Type.Object({
    id: uuid,
    subject,
    state,
    dueAt: instant,
    profile: orNull(Type.String()),
    policyVersion: orNull(Type.Integer()),
    owner: orNull(Type.String()),
    every: orNull(Type.String()),
    reviewedAt: orNull(instant),
    reviewedBy: orNull(uuid),
    outcome: orNull(Type.String()),
    lateBySeconds: orNull(Type.Integer()),
  }),
);
const Reviewed = Type.Object({ reviewId: uuid, dueAt: instant, ...Recorded });

/** Everything that somebody has to look at again, and the word that they did. */
@Resource('reviews', 'Reviews')
export class ReviewsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'compliance', 'auditor'],
    summary: 'What is to be looked at again, by due time: rules, times to keep things, holds, items (CN-30, LD-51)',
    query: ReviewsQuery,
    answers: ReviewPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof ReviewsQuery>) {
    return listed(query, afterInstant, (part) => listReviews(tx, part), ['dueAt', 'id']);
  }

  @Command(':reviewId/done', {
    scopes: ['admin', 'compliance'],
    summary: 'Somebody looked at the rules, or at the times to keep things; sets when they are looked at next',
    description: 'A hold is reviewed at `/v1/holds/{holdId}/review`.',
    body: RecordReview,
    answers: Reviewed,
  })
  async done(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof RecordReview>) {
    const reviewId = idOf(params['reviewId']);
    const find = async () => (await listReviews(tx, { id: reviewId, limit: 1 }))[0];
    const row = await find();
    if (row?.subject !== 'policy' && row?.subject !== 'schedule') throw notFound('review');
    const { outcome: found, reviewedBy, owner, note } = body;
    const data = { reviewId, outcome: found, reviewedBy: idOf(reviewedBy), ...(owner === undefined ? {} : { owner }) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, review, cause, [
      { id: reviewId, command: { name: 'RecordReview', data }, occurredAt, expectedVersion },
    ]);
    if (!outcome!.refusal && note !== undefined) await this.kit.vault.write(tx, reviewId, { note });
    return recorded(outcome!, { reviewId, dueAt: (await find())!.dueAt });
  }
}
