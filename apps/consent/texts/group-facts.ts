import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { requiredKinds, texts } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit } from '#nest';

export const TEXTS = 'consent.texts';
const processor = processorId(TEXTS);
type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;

/** What texts are checked against: whether the group is official, and who runs it. */
export const groupFactsTables = [
  tenantTable('text_groups', 'group_id uuid not null, official boolean not null', 'group_id'),
  tenantTable('text_moderators', 'group_id uuid not null, person_id uuid not null', 'group_id, person_id', 'person_id'),
];

/** Whether the organisation runs the group, and the ids of those who run it; official unless known otherwise. */
export async function groupFacts(
  tx: Transaction,
  groupId: string,
): Promise<{ official: boolean; moderators: string[] }> {
  const [row] = await tx.query<{ official: boolean | null; moderators: string[] }>(
    `select (select official from text_groups where tenant_id = $1 and group_id = $2) as official,
       array(select person_id::text from text_moderators where tenant_id = $1 and group_id = $2 order by 1) as moderators`,
    [tx.tenantId, groupId],
  );
  return { official: row!.official ?? true, moderators: row!.moderators };
}

/** Categories somebody may run a group by. */
const BY_OFFICE: readonly string[] = ['staff', 'agent', 'volunteer', 'partner_staff', 'committee'];

async function groupsRunBy(tx: Transaction, personId: string): Promise<string[]> {
  const rows = await tx.query<{ group_id: string }>(
    'select group_id from text_moderators where tenant_id = $1 and person_id = $2 order by 1',
    [tx.tenantId, personId],
  );
  return rows.map(({ group_id }) => group_id);
}

/** Keeps what texts are checked against, and finds descriptions that name somebody who no longer runs the group (AMZ-011). */
@Controller()
export class GroupFactsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), processor)
  async registered(@Payload() { data }: Heard<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    const { groupId, official, admins } = data;
    await writeRows(tx, 'text_groups', ['groupId'], [{ upsert: { groupId, official } }]);
    const rows = admins.map((personId) => ({ upsert: { groupId, personId } }));
    await writeRows(tx, 'text_moderators', ['groupId', 'personId'], rows);
  }

  @EventPattern<string>(typeOf('membership', 'GroupStandingSettled'), processor)
  async settled(@Payload() { data: { groupId, standing } }: Heard<'GroupStandingSettled'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'text_groups', ['groupId'], [{ upsert: { groupId, official: standing === 'official' } }]);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorAppointed'), processor)
  async appointed(@Payload() { data: { groupId, personId } }: Heard<'ModeratorAppointed'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'text_moderators', ['groupId', 'personId'], [{ upsert: { groupId, personId } }]);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorStoodDown'), processor)
  async stoodDown(@Payload() event: Heard<'ModeratorStoodDown'>, @Ctx() { tx }: Handling) {
    const { groupId, personId } = event.data;
    await writeRows(tx, 'text_moderators', ['groupId', 'personId'], [{ remove: { groupId, personId } }]);
    await this.drop(tx, event, event.data.groupId);
  }

  /** Whoever has to leave cannot be named as somebody to turn to, whether or not they are out yet. */
  @EventPattern<string>(typeOf('membership', 'RemovalTaskOpened'), processor)
  async leaves(@Payload() event: Heard<'RemovalTaskOpened'>, @Ctx() { tx }: Handling) {
    await this.drop(tx, event, event.data.groupId);
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), processor)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await this.drop(tx, event, event.data.groupId);
  }

  /** Whoever runs groups without being in them gets no order to leave, and yet is gone with the job that let them. */
  @EventPattern<string>(typeOf('membership', 'LeaverDetected'), processor)
  async leaver(@Payload() event: Heard<'LeaverDetected'>, @Ctx() { tx }: Handling) {
    const { personId, category } = event.data;
    if (!BY_OFFICE.includes(category)) return;
    for (const groupId of await groupsRunBy(tx, personId)) await this.drop(tx, event, groupId);
  }

  private async drop(
    tx: Transaction,
    event: Heard<'ModeratorStoodDown' | 'RemovalTaskOpened' | 'MemberLeftByThemselves' | 'LeaverDetected'>,
    groupId: string,
  ): Promise<void> {
    const { personId } = event.data;
    const policy = await findPolicy(tx, groupId);
    const data = { groupId, personId, required: policy ? requiredKinds(policy) : [] };
    const cause = {
      actor: { kind: 'system', id: TEXTS } as const,
      correlationId: event.correlationId,
      causationId: event.id,
    };
    await this.kit.commands.execute(tx, texts, cause, [
      { id: groupId, command: { name: 'DropModerator', data }, occurredAt: event.occurredAt },
    ]);
  }
}
