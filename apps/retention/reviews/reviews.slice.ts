import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { v5 } from 'uuid';
import { processorId, type Handling } from '#bus';
import { review, reviewsOf, type ResolvedPolicy, type ReviewCommands } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent } from '#events';
import type { CommandRequest } from '#eventsourcing';
import { activePolicies, ServiceKit, timeZone, type Slice } from '#nest';
import { ReviewsController } from './reviews.controller.js';
import { reviewsProjection, reviewsTable } from './reviews.read-model.js';

const NAME = 'retention.reviews';
/** Names the reviews: one for each profile of an organisation and each of these subjects. */
const REVIEWS = 'c1b3f0a4-52c4-4b0f-93c5-6f0a7d3b2e18';
const subjects = ['policy', 'schedule'] as const;

/** A profile that comes into force is to be looked at again when it says so (CN-30, LD-51). */
@Controller()
class ActivationsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('gateway', 'ProfileActivated'), processorId(NAME))
  async activated(
    @Payload() event: RecordedEvent<'ProfileActivated', GatewayPayloads['ProfileActivated']>,
    @Ctx() { tx }: Handling,
  ) {
    const { id: causationId, correlationId, occurredAt, data } = event;
    const { profile, groupTypes } = data;
    // Group types that were activated before stay in force, and may ask for a review that these do not.
    const inForce = [...(await activePolicies(tx)).values()].filter(
      (policy) => policy.profile === profile && !(policy.groupType in groupTypes),
    );
    const plans = reviewsOf([...(Object.values(groupTypes) as ResolvedPolicy[]), ...inForce]);
    const zone = await timeZone(tx);
    const requests = subjects.map((subject): CommandRequest<ReviewCommands> => {
      const reviewId = v5(`${tx.tenantId!}:${profile}:${subject}`, REVIEWS);
      const plan = plans.find((one) => one.subject === subject);
      const command = plan
        ? { name: 'Schedule' as const, data: { ...plan, reviewId, timeZone: zone } }
        : { name: 'Drop' as const, data: { reviewId } };
      return { id: reviewId, command, occurredAt };
    });
    const cause = { actor: { kind: 'system' as const, id: NAME }, correlationId, causationId };
    await this.kit.commands.execute(tx, review, cause, requests);
  }
}

/** What is looked at again from time to time, and who has to. */
export const reviews: Slice = {
  controllers: [ReviewsController, ActivationsProcessor],
  processors: [{ name: NAME, topics: ['rollcall.gateway'] }],
  deciders: [review],
  projections: [reviewsProjection],
  tables: [reviewsTable],
};
