import {
  consent,
  consentTerms,
  invitation,
  refusalTerms,
  type CommandOf,
  type ConsentCommands,
  type ResolvedPolicy,
} from '#domain';
import type { Refusal } from '#domain';
import type { Transaction } from '#eventsourcing';
import { findPolicy, type ServiceKit } from '#nest';
import { consentId } from '../consents/consent-stream.js';
import { keepTold } from '../texts/texts.read-model.js';
import type { Link, Offer } from './link.js';

type Channel = ConsentCommands['RecordAlternativeChannel']['channel'];

/** Records what one person does on the page of one link, each in the caller's transaction and in the person's own name. */
export class Recorder {
  constructor(
    private readonly kit: ServiceKit,
    private readonly tx: Transaction,
    private readonly link: Link,
    private readonly personId: string,
  ) {}

  /** That the person was shown these texts (LD-11), whose words are kept. */
  async presented({ notice, agreement }: Offer): Promise<void> {
    const versions = versionsOf({ notice, agreement });
    await keepTold(this.kit, this.tx, this.about.groupId, 'notice', notice);
    await this.tell({ name: 'PresentNotice', data: { ...this.about, ...versions, items: [...notice.items] } });
  }

  /** That the person agreed on these texts, by this link (LD-09, LD-12); or the refusal, of which the evidence is recorded. */
  async agreed(offer: Offer): Promise<Refusal | undefined> {
    const { inviteId, groupId } = this.link.invitation;
    const accepting = { name: 'AcceptInvite', data: { inviteId, groupId, personId: this.personId } } as const;
    const [accepted] = await this.kit.commands.execute(this.tx, invitation, this.cause, [
      { id: inviteId, command: accepting },
    ]);
    if (accepted!.refusal) return accepted!.refusal;
    const { allowedMethods, ...terms } = consentTerms(offer.policy);
    const scope = offer.agreement ? ['membership', 'agreement'] : ['membership'];
    const given = {
      ...this.about,
      ...versionsOf(offer),
      scope,
      purpose: 'group_membership',
      recordedBy: this.personId,
    };
    const method = methodFor(offer.policy);
    return this.tell({ name: 'GiveConsent', data: { ...given, method, allowedMethods, ...terms } });
  }

  /** That the person does not want to join (LD-13). */
  async declined(): Promise<void> {
    await this.tell({ name: 'RefuseConsent', data: { ...this.about, ...(await this.afterNo()) } });
  }

  /** That the person takes it back: nothing stands in the way (LD-09). */
  async withdrawn(): Promise<void> {
    await this.tell({ name: 'WithdrawConsent', data: { ...this.about, reason: 'asked', ...(await this.afterNo()) } });
  }

  /** How the person is to be reached instead (LD-13). */
  async reached(channel: Channel): Promise<void> {
    await this.tell({ name: 'RecordAlternativeChannel', data: { ...this.about, channel } });
  }

  private get about() {
    return { personId: this.personId, groupId: this.link.invitation.groupId };
  }

  private get cause() {
    return { actor: { kind: 'person' as const, id: this.personId } };
  }

  private async afterNo() {
    const policy = await findPolicy(this.tx, this.link.invitation.groupId);
    return policy ? refusalTerms(policy) : { needsAlternative: false, rules: [] };
  }

  private async tell(command: CommandOf<ConsentCommands>): Promise<Refusal | undefined> {
    const id = consentId(this.about.groupId, this.personId);
    const [outcome] = await this.kit.commands.execute(this.tx, consent, this.cause, [{ id, command }]);
    return outcome!.refusal;
  }
}

/** The exact texts, as events name them. */
export function versionsOf({ notice, agreement }: Pick<Offer, 'notice' | 'agreement'>) {
  return { noticeVersion: notice.version, ...(agreement ? { agreementVersion: agreement.version } : {}) };
}

/** Saying yes behind a link is opting in by it (LD-12), also where a policy only asks that joining comes after the notice. */
function methodFor(policy: ResolvedPolicy): ConsentCommands['GiveConsent']['method'] {
  const { value } = policy.parameters.consent_methods;
  return !value.includes('link_opt_in') && value.includes('join_after_notice') ? 'join_after_notice' : 'link_opt_in';
}
