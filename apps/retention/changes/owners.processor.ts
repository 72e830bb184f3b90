import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { retention, retentionRules } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit } from '#nest';

export const OWNERS = 'retention.owners';
const owners = processorId(OWNERS);

type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;

/** Who runs which group, as this service last heard: they take over what somebody who has gone would have had to delete. */
export const groupAdminsTable = tenantTable(
  'group_admins',
  'group_id uuid not null, person_id uuid not null',
  'group_id, person_id',
);

/** Whoever is out of a group can delete nothing there any more; what they had to delete goes to one who runs it (BR-33, BR-59). */
@Controller()
export class OwnersProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), owners)
  async registered(@Payload() { data: { groupId, admins } }: Heard<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    const rows = admins.map((personId) => ({ upsert: { groupId, personId } }));
    await writeRows(tx, 'group_admins', ['groupId', 'personId'], rows);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorAppointed'), owners)
  async appointed(@Payload() { data: { groupId, personId } }: Heard<'ModeratorAppointed'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'group_admins', ['groupId', 'personId'], [{ upsert: { groupId, personId } }]);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorStoodDown'), owners)
  async stoodDown(@Payload() { data: { groupId, personId } }: Heard<'ModeratorStoodDown'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'group_admins', ['groupId', 'personId'], [{ remove: { groupId, personId } }]);
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), owners)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    await this.handOver(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), owners)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await this.handOver(tx, event);
  }

  private async handOver(
    tx: Transaction,
    {
      id: causationId,
      correlationId,
      occurredAt,
      data: { groupId, personId },
    }: Heard<'MemberRemoved' | 'MemberLeftByThemselves'>,
  ): Promise<void> {
    const [next] = await tx.query<{ personId: string }>(
      'select person_id as "personId" from group_admins where tenant_id = $1 and group_id = $2 and person_id <> $3 order by person_id limit 1',
      [tx.tenantId, groupId, personId],
    );
    if (!next) return; // nobody is left to tell; the order stays with the one who had it
    const items = await tx.query<{ itemId: string }>(
      `select item_id as "itemId" from retention_items
       where tenant_id = $1 and group_id = $2 and owner_id = $3 and state not in ('attested', 'not_possible', 'transferred') order by item_id`,
      [tx.tenantId, groupId, personId],
    );
    const policy = await findPolicy(tx, groupId);
    const rules = policy ? retentionRules(policy) : [];
    await this.kit.commands.execute(
      tx,
      retention,
      { actor: { kind: 'system', id: OWNERS }, correlationId, causationId },
      items.map(({ itemId }) => ({
        id: itemId,
        command: { name: 'ReplaceOwner', data: { itemId, ownerId: next.personId, rules } },
        occurredAt,
      })),
    );
  }
}
