import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { dutiesOf, group, type Prerequisite, type ResolvedPolicy } from '#domain';
import { typeOf, type ConsentPayloads, type MembershipPayloads, type RecordedEvent } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import { activePolicies, ServiceKit } from '#nest';
import { findGroups, groupsRunBy } from '../groups/groups.read-model.js';
import { meeting } from './readiness.js';

export const ACKNOWLEDGED = 'membership.acknowledgements';
const acknowledged = processorId(ACKNOWLEDGED);
const AGREEMENT = 'group_agreement';
const EVERYWHERE = 'organisation';

/** What people said they have read, as the consent service told us: it may come before the role it is needed for. */
export const knownAcknowledgementsTable = tenantTable(
  'known_acknowledgements',
  'person_id uuid not null, document text not null, scope text not null, said_at timestamptz not null',
  'person_id, document, scope',
);

interface Said {
  readonly personId: string;
  readonly document: string;
  /** The group's id for a document of a group's own. */
  readonly scope: string;
  readonly saidAt: string;
}
type Heard<Name extends keyof ConsentPayloads> = RecordedEvent<Name, ConsentPayloads[Name]>;
type Named<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;
type Case = Pick<RecordedEvent, 'id' | 'correlationId'>;

/** What moderators have acknowledged counts towards their role without anybody noting it a second time (AMZ-084). */
@Controller()
export class AcknowledgementsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('consent', 'PolicyAcknowledged'), acknowledged)
  async read(@Payload() event: Heard<'PolicyAcknowledged'>, @Ctx() { tx }: Handling) {
    const { personId, document, groupId } = event.data;
    await this.learn(tx, event, { personId, document, scope: groupId ?? EVERYWHERE, saidAt: event.occurredAt });
  }

  /** Said in words of their own: to have joined is not enough for whoever runs the group. */
  @EventPattern<string>(typeOf('consent', 'AgreementAccepted'), acknowledged)
  async accepted(@Payload() event: Heard<'AgreementAccepted'>, @Ctx() { tx }: Handling) {
    const { personId, groupId, how } = event.data;
    if (how !== 'joined')
      await this.learn(tx, event, { personId, document: AGREEMENT, scope: groupId, saidAt: event.occurredAt });
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorAppointed'), acknowledged)
  async appointed(@Payload() event: Named<'ModeratorAppointed'>, @Ctx() { tx }: Handling) {
    await this.catchUp(tx, event, [event.data.personId], event.data.groupId, event.occurredAt);
  }

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), acknowledged)
  async registered(@Payload() event: Named<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    await this.catchUp(tx, event, event.data.admins, event.data.groupId, event.occurredAt);
  }

  private async learn(tx: Transaction, event: Case, said: Said): Promise<void> {
    await writeRows(tx, 'known_acknowledgements', ['personId', 'document', 'scope'], [{ upsert: { ...said } }]);
    const run = await groupsRunBy(tx, [said.personId]);
    for (const { groupId } of run) await this.count(tx, event, groupId, said, said.saidAt);
  }

  /** What was said before the role began counts from its beginning. */
  private async catchUp(
    tx: Transaction,
    event: Case,
    personIds: readonly string[],
    groupId: string,
    since: string,
  ): Promise<void> {
    const rows = await tx.query<Said>(
      `select person_id as "personId", document, scope, iso(said_at) as "saidAt" from known_acknowledgements
       where tenant_id = $1 and person_id = any($2::uuid[]) order by said_at, person_id, document, scope`,
      [tx.tenantId, personIds],
    );
    for (const said of rows) await this.count(tx, event, groupId, said, said.saidAt > since ? said.saidAt : since);
  }

  private async count(
    tx: Transaction,
    { id: causationId, correlationId }: Case,
    groupId: string,
    said: Said,
    occurredAt: string,
  ): Promise<void> {
    const row = (await findGroups(tx, [groupId])).get(groupId);
    const policy = row && !row.closedAt ? (await activePolicies(tx)).get(row.groupType) : undefined;
    const isTheirs = row?.moderators.some(({ personId }) => personId === said.personId);
    const prerequisite = policy && prerequisiteOf(policy, groupId, said);
    if (!policy || !isTheirs || !prerequisite) return;
    const cause = { actor: { kind: 'system', id: ACKNOWLEDGED } as const, correlationId, causationId };
    const about = { groupId, personId: said.personId };
    const request = await meeting(this.kit, tx, policy, about, { prerequisite, occurredAt });
    await this.kit.commands.execute(tx, group, cause, [request]);
  }
}

/** Which prerequisite of a role in this group a document answers: those the policy has moderators acknowledge, and no others. */
function prerequisiteOf(policy: ResolvedPolicy, groupId: string, { document, scope }: Said): Prerequisite | undefined {
  if (document === AGREEMENT) return scope === groupId ? 'agreement_ack' : undefined;
  const isAsked = dutiesOf(policy).some((duty) => duty.role === 'moderator' && duty.document === document);
  return isAsked && scope === EVERYWHERE ? 'policy_ack' : undefined;
}
