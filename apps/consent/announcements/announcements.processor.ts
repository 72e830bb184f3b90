import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { v5 } from 'uuid';
import { processorId, type Handling } from '#bus';
import { briefing, ruleOf, type TextKind } from '#domain';
import { typeOf, type ConsentPayloads, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Cause, Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit } from '#nest';
import { participantsOf } from '../acknowledgements/acknowledgements.read-model.js';
import { briefingId } from '../agreements/briefing-stream.js';
import { mailSubject } from '../texts/models.js';
import { currentText, textOf } from '../texts/texts.read-model.js';
import { invitationMailId } from '../invitations/invitation-mail.js';
import { findMessage, listMessages, type MessageRow } from '../messages/messages.read-model.js';
import { forgetSecret, queueMany, tell, type NewMessage } from '../messages/messages.js';

export const ANNOUNCEMENTS = 'consent.announcements';
const announcements = processorId(ANNOUNCEMENTS);

type Said<Name extends keyof ConsentPayloads> = RecordedEvent<Name, ConsentPayloads[Name]>;
type Out<Name extends 'MemberRemoved' | 'MemberLeftByThemselves'> = RecordedEvent<Name, MembershipPayloads[Name]>;
type CalledOff = ConsentPayloads['MessageCalledOff']['because'];

/** Ids of messages that follow from events: the same event leads to the same message, however often it is heard. */
const MESSAGES = '1f2b9a52-3d63-4f0e-9a84-6f0b4d1c7e21';
/** As many of a person's waiting messages as are looked at in one go; more than anybody ever has in a group. */
const MANY = 500;

/**
 * Writes to people because of what happened: the agreement to those who have yet to accept it (LD-27, AMZ-031), the welcome to
 * whoever is owed one (AMZ-089), the other way of being reached to who is not in the group (LD-13). What is no longer due, because
 * somebody said it in the chat, left, or joined by another link, does not go out.
 */
@Controller()
export class AnnouncementsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('consent', 'AgreementPublished'), announcements)
  async published(@Payload() event: Said<'AgreementPublished'>, @Ctx() { tx }: Handling) {
    const { groupId, version } = event.data;
    await this.circulate(tx, event, await participantsOf(tx, groupId, version));
  }

  @EventPattern<string>(typeOf('consent', 'AgreementCirculated'), announcements)
  async circulated(@Payload() event: Said<'AgreementCirculated'>, @Ctx() { tx }: Handling) {
    if (event.data.mailed) await this.circulate(tx, event, await participantsOf(tx, event.data.groupId, null));
  }

  /** What is owed goes out in one message, in the versions of this moment; where a text is lacking, the task stays. */
  @EventPattern<string>(typeOf('consent', 'WelcomeDue'), announcements)
  async owed(@Payload() event: Said<'WelcomeDue'>, @Ctx() { tx }: Handling) {
    const { groupId, personId, owed } = event.data;
    if (!personId) return; // a group that starts is welcomed in its chat
    const kinds = owed.filter((kind): kind is 'welcome' | 'agreement' => kind === 'welcome' || kind === 'agreement');
    const texts = await Promise.all(kinds.map((kind) => currentText(this.kit, tx, groupId, kind)));
    const [first] = texts;
    if (!first || texts.some((text) => text === undefined)) return;
    const versionOf = (kind: TextKind) => texts[kinds.findIndex((owing) => owing === kind)]?.version;
    const [welcome, agreement] = [versionOf('welcome'), versionOf('agreement')];
    await this.queue(tx, event, [
      {
        messageId: v5(`welcome:${event.id}`, MESSAGES),
        personId,
        groupId,
        kind: 'welcome',
        ...(welcome ? { textVersion: welcome } : {}),
        ...(agreement ? { agreementVersion: agreement } : {}),
        subject: mailSubject(kinds[0]!, first.title),
        text: texts.map((text) => text!.body).join('\n\n'),
      },
    ]);
  }

  /** Word from the mail server that a welcome is out is what the group owed (AMZ-089, AMZ-030). */
  @EventPattern<string>(typeOf('consent', 'MessageSent'), announcements)
  async sent(@Payload() event: Said<'MessageSent'>, @Ctx() { tx }: Handling) {
    const row = await findMessage(tx, event.data.messageId);
    if (row?.kind === 'welcome' && row.groupId) await this.welcomed(tx, event, row, row.groupId, 'email');
  }

  /** So is the word of whoever gave it to the person in a way that shows all of it. */
  @EventPattern<string>(typeOf('consent', 'MessageDeliveredByHand'), announcements)
  async given(@Payload() event: Said<'MessageDeliveredByHand'>, @Ctx() { tx }: Handling) {
    const { messageId, channel } = event.data;
    if (channel !== 'chat' && channel !== 'email' && channel !== 'meeting') return;
    const row = await findMessage(tx, messageId);
    if (row?.kind === 'welcome' && row.groupId) await this.welcomed(tx, event, row, row.groupId, channel);
  }

  /** A link or code that never got out is of no use any more. */
  @EventPattern<string>(typeOf('consent', 'MessageGivenUp'), announcements)
  async givenUp(@Payload() event: Said<'MessageGivenUp'>, @Ctx() { tx }: Handling) {
    await forgetSecret(this.kit, tx, event.data.messageId);
  }

  @EventPattern<string>(typeOf('consent', 'WelcomeSent'), announcements)
  async welcomedOtherwise(@Payload() event: Said<'WelcomeSent'>, @Ctx() { tx }: Handling) {
    await this.callOff(tx, event, ['welcome'], 'told_otherwise');
  }

  @EventPattern<string>(typeOf('consent', 'WelcomeNoLongerDue'), announcements)
  async owedNoMore(@Payload() event: Said<'WelcomeNoLongerDue'>, @Ctx() { tx }: Handling) {
    await this.callOff(tx, event, ['welcome'], 'left');
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), announcements)
  async removed(@Payload() event: Out<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    await this.callOff(tx, event, ['agreement'], 'left');
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), announcements)
  async left(@Payload() event: Out<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await this.callOff(tx, event, ['agreement'], 'left');
  }

  /** The group's word to those outside it, once it is known that mail is how they are reached (LD-13). */
  @EventPattern<string>(typeOf('consent', 'AlternativeChannelRecorded'), announcements)
  async reachedOtherwise(@Payload() event: Said<'AlternativeChannelRecorded'>, @Ctx() { tx }: Handling) {
    const { groupId, personId, channel } = event.data;
    const text = channel === 'email' ? await currentText(this.kit, tx, groupId, 'nonjoiner') : undefined;
    if (!text) return;
    const messageId = v5(`nonjoiner:${event.id}`, MESSAGES);
    const about = { messageId, personId, groupId, kind: 'notice' as const, textVersion: text.version };
    await this.queue(tx, event, [{ ...about, subject: mailSubject('nonjoiner', text.title), text: text.body }]);
  }

  @EventPattern<string>(typeOf('consent', 'InviteRevoked'), announcements)
  async revoked(@Payload() event: Said<'InviteRevoked'>, @Ctx() { tx }: Handling) {
    await this.callOffInvitation(tx, event, 'revoked');
  }

  @EventPattern<string>(typeOf('consent', 'InviteAccepted'), announcements)
  async accepted(@Payload() event: Said<'InviteAccepted'>, @Ctx() { tx }: Handling) {
    await this.callOffInvitation(tx, event, 'told_otherwise');
  }

  private async circulate(
    tx: Transaction,
    event: Said<'AgreementPublished' | 'AgreementCirculated'>,
    people: readonly string[],
  ): Promise<void> {
    const { groupId, version } = event.data;
    const text = await textOf(this.kit, tx, groupId, 'agreement', version);
    if (!text) return;
    const to = (personId: string): NewMessage => ({
      messageId: v5(`agreement:${event.id}:${personId}`, MESSAGES),
      personId,
      groupId,
      kind: 'agreement',
      textVersion: version,
      subject: mailSubject('agreement', text.title),
      text: text.body,
    });
    await this.queue(tx, event, people.map(to));
  }

  private async welcomed(
    tx: Transaction,
    event: Said<'MessageSent' | 'MessageDeliveredByHand'>,
    row: MessageRow,
    groupId: string,
    channel: ConsentPayloads['WelcomeSent']['channel'],
  ): Promise<void> {
    const { personId, textVersion, agreementVersion } = row;
    const policy = await findPolicy(tx, groupId);
    const text = textVersion ? await textOf(this.kit, tx, groupId, 'welcome', textVersion) : undefined;
    const data = {
      groupId,
      personId,
      channel,
      ...(textVersion ? { welcomeVersion: textVersion } : {}),
      ...(agreementVersion ? { agreementVersion } : {}),
      parts: [...(text?.items ?? [])],
      rules: policy ? [ruleOf(policy, 'welcome_on')] : [],
    };
    await this.kit.commands.execute(tx, briefing, causeOf(event), [
      { id: briefingId(groupId, personId), command: { name: 'Send', data }, occurredAt: event.occurredAt },
    ]);
  }

  private async callOff(
    tx: Transaction,
    event: Said<'WelcomeSent' | 'WelcomeNoLongerDue'> | Out<'MemberRemoved' | 'MemberLeftByThemselves'>,
    kinds: readonly string[],
    because: CalledOff,
  ): Promise<void> {
    const { groupId, personId } = event.data;
    if (!personId) return;
    for (const kind of kinds) {
      const find = { groupId, personId, kind, state: 'waiting', after: null, limit: MANY };
      for (const { messageId } of await listMessages(tx, find))
        await tell(this.kit, tx, causeOf(event), {
          name: 'CallOffMessage',
          data: { messageId, personId, because },
        });
    }
  }

  private async callOffInvitation(
    tx: Transaction,
    event: Said<'InviteRevoked' | 'InviteAccepted'>,
    because: CalledOff,
  ): Promise<void> {
    const messageId = invitationMailId(event.data.inviteId);
    const row = await findMessage(tx, messageId);
    if (!row) return;
    const data = { messageId, personId: row.personId, because };
    await tell(this.kit, tx, causeOf(event), { name: 'CallOffMessage', data });
  }

  private async queue(
    tx: Transaction,
    event: Pick<Said<'WelcomeDue'>, 'id' | 'correlationId'>,
    messages: readonly NewMessage[],
  ): Promise<void> {
    await queueMany(this.kit, tx, causeOf(event), messages);
  }
}

function causeOf({ correlationId, id: causationId }: Pick<Said<'WelcomeDue'>, 'id' | 'correlationId'>): Cause {
  return { actor: { kind: 'system', id: ANNOUNCEMENTS }, correlationId, causationId };
}
