import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { v5 } from 'uuid';
import { processorId, type Handling } from '#bus';
import { followUp, removalNotices, type FollowUpCommands } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Cause, Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit, timeZone } from '#nest';
import { moderatorsOf } from '../acknowledgements/acknowledgements.read-model.js';
import { queueMany, type NewMessage } from '../messages/messages.js';

export const REMOVAL_NOTICES = 'consent.removal-notices';
const notices = processorId(REMOVAL_NOTICES);

type Heard<Name extends 'MemberRemoved' | 'ConductRemovalDecided'> = RecordedEvent<Name, MembershipPayloads[Name]>;

/** Ids of what follows from a removal; the same event leads to the same tasks and messages. */
const NOTICES = '5b7c8a5f-61c9-4a4e-9a7c-2f4f5b1f7a11';

/** A removal for conduct has to be told: to a mailbox of the organisation (HSU-29), to the other moderators (AMZ-096). */
@Controller()
export class RemovalNoticesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), notices)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    if (event.data.trigger === 'conduct') await this.tell(tx, event, 'conduct_removal', []);
  }

  /** Whoever agreed to it knows. */
  @EventPattern<string>(typeOf('membership', 'ConductRemovalDecided'), notices)
  async decided(@Payload() event: Heard<'ConductRemovalDecided'>, @Ctx() { tx }: Handling) {
    const { permanent, agreedBy } = event.data;
    if (permanent) await this.tell(tx, event, 'permanent_removal', agreedBy ? [agreedBy] : []);
  }

  private async tell(
    tx: Transaction,
    event: Heard<'MemberRemoved' | 'ConductRemovalDecided'>,
    when: 'conduct_removal' | 'permanent_removal',
    know: readonly string[],
  ): Promise<void> {
    const { groupId, personId: gone } = event.data;
    const policy = await findPolicy(tx, groupId);
    if (!policy) throw new Error('The group of this removal, or the policy of its type, is not known here yet');
    const zone = await timeZone(tx);
    for (const { mailbox, within, rules } of removalNotices(policy, when)) {
      const common = { groupId, trigger: when, within, timeZone: zone, rules };
      if (mailbox) {
        await this.open(tx, event, [{ ...common, followUpId: idFor(event, mailbox), channels: ['email'], mailbox }]);
        continue;
      }
      const others = (await moderatorsOf(tx, groupId)).filter((id) => id !== gone && !know.includes(id));
      const own = { ...common, channels: [...ANY], isOwnWord: true };
      await this.open(
        tx,
        event,
        others.map((id) => ({ ...own, followUpId: idFor(event, id), personId: id })),
      );
      await queueMany(
        this.kit,
        tx,
        causeOf(event),
        others.map((id) => mailTo(event, id, idFor(event, id))),
      );
    }
  }

  private async open(
    tx: Transaction,
    event: Heard<'MemberRemoved' | 'ConductRemovalDecided'>,
    wanted: readonly FollowUpCommands['Open'][],
  ): Promise<void> {
    const requests = wanted.map((data) => ({
      id: data.followUpId,
      command: { name: 'Open' as const, data },
      occurredAt: event.occurredAt,
    }));
    if (requests.length > 0) await this.kit.commands.execute(tx, followUp, causeOf(event), requests);
  }
}

/** However they say that they know it. */
const ANY = ['chat', 'email', 'phone', 'meeting'] as const;

const idFor = ({ id }: { readonly id: string }, whom: string) => v5(`${id}:${whom}`, NOTICES);

/** Names nobody: who it was about is for the moderators to look up, where looking is recorded. */
function mailTo(event: Heard<'MemberRemoved' | 'ConductRemovalDecided'>, personId: string, task: string): NewMessage {
  return {
    messageId: v5(`${event.id}:mail:${personId}`, NOTICES),
    personId,
    groupId: event.data.groupId,
    kind: 'notice',
    subject: 'A member of a group you run was removed for good',
    text: `It was decided that a member of a group you run has to leave it for good because of their conduct.\n\nPlease find out from whoever decided it who it is and why, so that you know and understand the decision, and then confirm that you do.\n\nThe task has the number ${task}.`,
  };
}

function causeOf({ correlationId, id: causationId }: Heard<'MemberRemoved' | 'ConductRemovalDecided'>): Cause {
  return { actor: { kind: 'system', id: REMOVAL_NOTICES }, correlationId, causationId };
}
