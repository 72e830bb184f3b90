import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';

const Shown = Type.Object({
  purpose: Type.Literal('invitation-form'),
  inviteId: Type.String(),
  noticeVersion: Type.String(),
  agreementVersion: Type.Optional(Type.String()),
  personId: Type.Optional(Type.String()),
  until: Type.String(),
});

/** What a form remembers from one step to the next: which texts were shown by which invitation, and who it was proven to be. */
export type Shown = Omit<Static<typeof Shown>, 'purpose' | 'until'>;

/** Longer than anybody takes to read, so that nobody has to hurry. */
const LIFE = 24 * 60 * 60 * 1000; // milliseconds

/** Seals it under the organisation's key: nobody can read or change it, and nothing is kept of who has merely looked. */
export async function sealForm(kit: ServiceKit, tx: Transaction, shown: Shown): Promise<string> {
  const until = new Date(Date.parse(tx.now) + LIFE).toISOString();
  const text = JSON.stringify({ purpose: 'invitation-form', ...shown, until });
  return (await kit.vault.seal(tx, Buffer.from(text))).toString('base64url');
}

/** What a form of this invitation remembers; undefined for one that is not ours, of another invitation, or a day old. */
export async function openForm(
  kit: ServiceKit,
  tx: Transaction,
  form: string | undefined,
  inviteId: string,
): Promise<Shown | undefined> {
  if (!form || form.length > 2000) return undefined;
  try {
    const text: unknown = JSON.parse((await kit.vault.open(tx, Buffer.from(form, 'base64url'))).toString());
    return Check(Shown, text) && text.inviteId === inviteId && text.until > tx.now ? text : undefined;
  } catch {
    return undefined; // damaged, or of another organisation
  }
}
