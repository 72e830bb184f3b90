import { v5 } from 'uuid';
import type { Cause, Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { mailSubject } from '../texts/models.js';
import { currentText } from '../texts/texts.read-model.js';
import { queueMessage } from '../messages/messages.js';

const INVITATION_MAILS = 'c0d7a3f4-5b0e-4c58-8a3c-0e6d7d2f9b14';

/** The id of the message that carries an invitation's link. */
export const invitationMailId = (inviteId: string) => v5(inviteId, INVITATION_MAILS);

/** An invitation that goes to its person by email. */
interface Mailed {
  readonly inviteId: string;
  readonly personId: string;
  readonly groupId: string;
  readonly link: string;
  /** ISO 8601 UTC: after it the link is of no use, so the mail is not either. */
  readonly expiresAt: string;
}

/**
 * Mails the link of a personal invitation: in the words of the group's own invitation where it has published one, with its place for the
 * link filled (HSU-09, LD-12). The link stands in the vault until the mail is out. Throws SubjectErased where the person was erased.
 */
export async function mailInvitation(kit: ServiceKit, tx: Transaction, cause: Cause, mail: Mailed): Promise<void> {
  const { inviteId, personId, groupId, link, expiresAt } = mail;
  const own = await currentText(kit, tx, groupId, 'invitation');
  const notice = await currentText(kit, tx, groupId, 'notice');
  const text = own?.body.replaceAll('{joinLink}', link) ?? `${notice?.body ?? ''}\n\n${ASK}\n\n${link}`.trim();
  await queueMessage(kit, tx, cause, {
    messageId: invitationMailId(inviteId),
    personId,
    groupId,
    kind: 'invitation',
    ...(own ? { textVersion: own.version } : {}),
    giveUpAt: expiresAt,
    subject: mailSubject('invitation', own?.title ?? notice?.title ?? ''),
    text,
  });
}

const ASK =
  'This link is for you alone. It leads to a page where you can read what you would agree to, and say yes or no:';
