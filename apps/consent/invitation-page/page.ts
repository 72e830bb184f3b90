import { Inject, Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from '#eventsourcing';
import { findPolicy, NEIGHBOURS, PUBLIC_URL, ServiceKit, timeZone, type Neighbours } from '#nest';
import { SubjectErased } from '#vault';
import { groupClosedAt } from '../consents/lasting.js';
import { MessageSender } from '../messages/sender.js';
import { receiptOf } from '../receipts/receipts.js';
import { textOf } from '../texts/texts.read-model.js';
import { admit, type Admission } from '../identification/admit.js';
import { Attempts } from '../identification/attempts.js';
import { openForm, sealForm, type Shown } from './form-token.js';
import { identify, type Stated } from '../identification/identify.js';
import { consentOf, findLink, findOffer, groupLink, inTenant, joinedBy, type Link, type Offer } from './link.js';
import { checkCode, issueCode } from '../identification/one-time-code.js';
import { Recorder, versionsOf } from './record.js';
import { view, type Faults, type View } from './view.js';

/** Somebody at the page: the secret in the address, and the network they come from. */
export interface Visit {
  readonly token: string;
  readonly network: string;
}

/** What a form sent, every field as text; empty where it sent none. */
export type Fields = Stated & {
  readonly step: string;
  readonly form: string;
  readonly channel: string;
  readonly code: string;
};

const CHANNELS = ['email', 'sms', 'phone', 'post', 'meeting'] as const;
const UNPROVEN = {
  title: 'We could not confirm who you are',
  text: 'What you filled in does not fit this invitation and what the organisation knows. Check it and try again, or ask whoever gave you the link.',
};
const WRONG_CODE = {
  title: 'That is not the code',
  text: 'It may be mistyped, older than ten minutes, or was tried too often. Check it, or go back and have another sent.',
};
const CHANGED = {
  title: 'The text has changed',
  text: 'It was changed after it was shown to you, so nothing was recorded. Please read it again before you answer.',
};
const EXPIRED = {
  title: 'Please begin again',
  text: 'This page was open for too long, or not opened by this invitation. Nothing was recorded by it.',
};

/**
 * What an invitation shows and asks, step by step: the notice, who somebody is, whether they agree, the way into the group; and to whoever
 * comes back, what they agreed to and how to take it back (LD-09, LD-11, LD-12, HSU-03). It works without scripts and cookies.
 */
@Injectable()
export class InvitationPage {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(NEIGHBOURS) private readonly neighbours: Neighbours,
    @Inject(Attempts) private readonly attempts: Attempts,
    @Inject(MessageSender) private readonly sender: MessageSender,
    @Inject(PUBLIC_URL) private readonly publicUrl: string | undefined,
  ) {}

  /** The first page of a link, or the one page of all links that let nobody in. */
  async open({ token, network }: Visit): Promise<View> {
    if (await this.isTooMuch(network)) return tooMany();
    const link = await findLink(this.kit, token);
    if (link && !link.closed) return this.first(link);
    await this.attempts.allows('misses', network);
    return closed();
  }

  /** The page that follows a form. */
  async act(visit: Visit, fields: Fields): Promise<View> {
    if (await this.isTooMuch(visit.network)) return tooMany();
    const link = await findLink(this.kit, visit.token);
    if (!link) await this.attempts.allows('misses', visit.network);
    if (fields.step === 'back' || !link) return this.back(link, visit, fields);
    const form = await this.read(link, (tx) => openForm(this.kit, tx, fields.form, link.invitation.inviteId));
    if (!form) return link.closed ? closed() : this.first(link, 409, { alert: EXPIRED });
    if (fields.step === 'who') return this.who(link, visit, fields, form);
    if (fields.step === 'send') return this.sendCode(link, form);
    if (fields.step === 'code') return this.byCode(link, visit, fields, form);
    const { personId } = form;
    if (!personId) return this.first(link, 409, { alert: EXPIRED });
    const steps: Record<string, () => Promise<View>> = {
      agree: () => this.agree(link, personId, form),
      no: () => this.sayNo(link, personId, 'declined'),
      withdraw: () => this.sayNo(link, personId, 'withdrawn'),
      channel: () => this.reach(link, personId, fields),
      again: () => this.standing(link, personId),
      receipt: () => this.receipt(link, personId),
    };
    return Object.hasOwn(steps, fields.step) ? steps[fields.step]!() : this.first(link);
  }

  private async first(link: Link, status = 200, extra: Extra = {}): Promise<View> {
    if (link.closed) return closed();
    return this.read(link, async (tx) => {
      const offer = await findOffer(this.kit, tx, link.invitation.groupId);
      if (!offer) return notReady();
      const form = await this.seal(tx, link, versionsOf(offer));
      const shown = { ...offer, form, hasCode: this.ownerOf(link) !== undefined, ...asking(extra) };
      return view('notice', offer.notice.title, shown, status);
    });
  }

  private async who(link: Link, { network }: Visit, fields: Fields, form: Shown): Promise<View> {
    const found = await identify(this.neighbours, this.attempts, link, fields, network);
    const values = { reference: fields.reference };
    if ('spent' in found) return tooMany(AN_HOUR);
    if ('faults' in found) return this.first(link, 422, { faults: found.faults, values });
    if ('unproven' in found) return this.first(link, 422, { alert: UNPROVEN, values });
    return this.known(link, found.personId, form);
  }

  /** Whoever can read the mail of the person a personal invitation is for is that person, as far as this page goes. */
  private async sendCode(link: Link, form: Shown): Promise<View> {
    const personId = this.ownerOf(link);
    if (!personId || link.closed) return this.first(link);
    const { inviteId, groupId } = link.invitation;
    if (!(await this.attempts.allows('codes', link.tenantId, inviteId))) return tooMany();
    await this.change(link, (tx) => issueCode(this.kit, tx, { inviteId, groupId, personId })).catch(
      (error: unknown) => {
        if (!(error instanceof SubjectErased)) throw error; // the page does not tell who was erased
      },
    );
    return this.read(link, async (tx) =>
      view('code', 'Enter the code', { form: await this.seal(tx, link, form), faults: {} }),
    );
  }

  private async byCode(link: Link, { network }: Visit, { code }: Fields, form: Shown): Promise<View> {
    const personId = this.ownerOf(link);
    if (!personId || link.closed) return this.first(link);
    if (await this.attempts.isSpent('proofs', network)) return tooMany();
    const about = { inviteId: link.invitation.inviteId, personId };
    const digits = code.replaceAll(/\D/g, '');
    if (digits && (await this.change(link, (tx) => checkCode(this.kit, tx, about, digits))))
      return this.known(link, personId, form);
    if (digits) await this.attempts.allows('proofs', network);
    const wrong = digits ? { alert: WRONG_CODE, faults: {} } : { faults: { code: 'Enter the six digits of the code' } };
    return this.read(link, async (tx) =>
      view('code', 'Enter the code', { form: await this.seal(tx, link, form), ...wrong }, 422),
    );
  }

  /** The one a code can be mailed to; undefined for a link that many share, and where there is no mail. */
  private ownerOf({ invitation: { personId } }: Link): string | undefined {
    return this.sender.hasServer ? (personId ?? undefined) : undefined;
  }

  /** What follows once it is known who somebody is. */
  private async known(link: Link, personId: string, form: Shown): Promise<View> {
    const isMember = await this.read(link, async (tx) => {
      const said = await consentOf(tx, link.invitation.groupId, personId);
      return said?.state === 'given' && (await joinedBy(this.kit, tx, link, personId));
    });
    if (isMember) return this.standing(link, personId);
    if (link.closed) return closed();
    return this.change(link, async (tx) => {
      const offer = await findOffer(this.kit, tx, link.invitation.groupId);
      if (!offer) return notReady();
      return this.ask(tx, link, personId, offer, !isShown(form, offer));
    });
  }

  /** Asks whether the person agrees, on the texts as they are now; what they were shown is recorded. */
  private async ask(tx: Transaction, link: Link, personId: string, offer: Offer, isChanged: boolean): Promise<View> {
    await new Recorder(this.kit, tx, link, personId).presented(offer);
    const form = await this.seal(tx, link, { ...versionsOf(offer), personId });
    const extra = asking(isChanged ? { alert: CHANGED } : {});
    return view('decide', offer.notice.title, { ...offer, form, isChanged, ...extra }, isChanged ? 409 : 200);
  }

  /** A yes counts for the texts it was given on: when those have changed meanwhile, they are shown again (LD-11). */
  private async agree(link: Link, personId: string, form: Shown): Promise<View> {
    const refused = await this.change(link, async (tx) => {
      if (await groupClosedAt(tx, link.invitation.groupId)) return closed();
      const offer = await findOffer(this.kit, tx, link.invitation.groupId);
      if (!offer) return notReady();
      if (!isShown(form, offer)) return this.ask(tx, link, personId, offer, true);
      const refusal = await new Recorder(this.kit, tx, link, personId).agreed(offer);
      return refusal && view('message', 'Not recorded', { heading: 'Not recorded', text: refusal.because }, 409);
    });
    return refused ?? this.standing(link, personId, true);
  }

  /** Where somebody stands who has agreed: let in now if they are not yet, with the link into the group and the way out. */
  private async standing(link: Link, personId: string, isNew = false): Promise<View> {
    const { tenantId, invitation } = link;
    const isOver = link.closed === 'revoked' || link.closed === 'expired';
    const admission = isOver ? undefined : await admit(this.neighbours, tenantId, invitation, personId);
    const page = await this.read(link, async (tx) => {
      const said = await consentOf(tx, invitation.groupId, personId);
      const offer = await findOffer(this.kit, tx, invitation.groupId);
      if (said?.state !== 'given') return undefined;
      const versions = { noticeVersion: said.noticeVersion!, agreementVersion: said.agreementVersion };
      return view('standing', 'Your place in the group', {
        notice: offer?.notice ?? { title: 'the group' },
        form: await this.seal(tx, link, { noticeVersion: versions.noticeVersion, personId }),
        isNew,
        since: await inWords(tx, said.since!),
        consent: versions,
        told: await textOf(this.kit, tx, invitation.groupId, 'notice', said.noticeVersion!),
        agreed:
          said.agreementVersion === null
            ? undefined
            : await textOf(this.kit, tx, invitation.groupId, 'agreement', said.agreementVersion),
        ...(await this.wayIn(tx, invitation.groupId, admission)),
      });
    });
    return page ?? this.first(link);
  }

  /** What the person agreed to, signed, to keep; for whoever never agreed the page that asks. */
  private async receipt(link: Link, personId: string): Promise<View> {
    const about = { personId, groupId: link.invitation.groupId };
    const from = { cause: { actor: { kind: 'person' as const, id: personId } }, publicUrl: this.publicUrl };
    const content = await this.change(link, (tx) => receiptOf(this.kit, tx, from, about));
    return content ? { status: 200, html: '', file: { name: 'consent-receipt.json', content } } : this.first(link);
  }

  private async wayIn(tx: Transaction, groupId: string, admission: Admission | undefined) {
    if (admission?.state === 'admitted') return { whatsappLink: await groupLink(this.kit, tx, groupId) };
    if (admission?.state === 'refused') return { refusals: admission.because };
    return { isWaiting: admission?.state === 'waiting' };
  }

  /** Whoever had agreed, in another window or before they went back, takes it back by saying no. */
  private sayNo(link: Link, personId: string, wish: 'declined' | 'withdrawn'): Promise<View> {
    return this.change(link, async (tx) => {
      const said = await consentOf(tx, link.invitation.groupId, personId);
      const what = said?.state === 'given' ? 'withdrawn' : wish;
      await new Recorder(this.kit, tx, link, personId)[what]();
      const policy = await findPolicy(tx, link.invitation.groupId);
      const needsChannel = policy?.parameters.nonjoiner_channel.value ?? false;
      const form = needsChannel ? await this.seal(tx, link, { noticeVersion: 'none', personId }) : undefined;
      return view('otherwise', NO[what].heading, { ...NO[what], form, faults: {} });
    });
  }

  private reach(link: Link, personId: string, { channel, form }: Fields): Promise<View> {
    const chosen = CHANNELS.find((one) => one === channel);
    if (!chosen) {
      const faults = { channel: 'Choose how we should reach you' };
      return Promise.resolve(view('otherwise', 'Choose', { heading: 'One more thing', text: '', form, faults }, 422));
    }
    return this.change(link, async (tx) => {
      await new Recorder(this.kit, tx, link, personId).reached(chosen);
      return view('message', 'Thank you', {
        heading: 'Thank you',
        text: 'That is how you will be reached from now on.',
      });
    });
  }

  /** For those who joined by a link that lets nobody in any more. To anybody else it is as if there had never been one. */
  private async back(link: Link | undefined, { network }: Visit, fields: Fields): Promise<View> {
    const values = { reference: fields.reference };
    const found = await identify(this.neighbours, this.attempts, link, fields, network);
    if ('spent' in found) return tooMany(AN_HOUR);
    if ('faults' in found) return closed(422, { faults: found.faults, values });
    const isTheirs =
      link && 'personId' in found && (await this.read(link, (tx) => joinedBy(this.kit, tx, link, found.personId)));
    if (!isTheirs) return closed(422, { alert: UNPROVEN, values });
    const said = await this.read(link, (tx) => consentOf(tx, link.invitation.groupId, found.personId));
    if (said?.state === 'given') return this.standing(link, found.personId);
    const text = 'You have taken back what you agreed to, or it ended when you left the group.';
    return view('message', 'Nothing is left to take back', { heading: 'Nothing is left to take back', text });
  }

  private async isTooMuch(network: string): Promise<boolean> {
    return !(await this.attempts.allows('visits', network)) || (await this.attempts.isSpent('misses', network));
  }

  private seal(tx: Transaction, { invitation: { inviteId } }: Link, shown: Omit<Shown, 'inviteId'>): Promise<string> {
    return sealForm(this.kit, tx, { inviteId, ...shown });
  }

  private read<T>({ tenantId }: Link, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.kit.database.inTenant(tenantId, work);
  }

  private change<T>({ tenantId }: Link, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return inTenant(this.kit, tenantId, work);
  }
}

interface Extra {
  readonly alert?: { readonly title: string; readonly text: string };
  readonly faults?: Faults;
  readonly values?: { readonly reference: string };
}

const asking = (extra: Extra) => ({ faults: {}, values: { reference: '' }, ...extra });

function isShown({ noticeVersion, agreementVersion }: Shown, offer: Offer): boolean {
  const shown = { noticeVersion, ...(agreementVersion ? { agreementVersion } : {}) };
  return isDeepStrictEqual(shown, versionsOf(offer));
}

const NO = {
  declined: {
    heading: 'That is fine',
    text: 'It is recorded that you do not want to be in the group.',
  },
  withdrawn: {
    heading: 'You have taken back your agreement',
    text: 'It is recorded. If you are in the group you will be taken out of it; you can also leave it in WhatsApp yourself.',
  },
} as const;

/** Byte for byte the same for links that have ended, were used up, were revoked or never were: nothing can be learnt from it. */
function closed(status = 404, extra: Extra = {}): View {
  return view('closed', 'This link does not let anybody in', asking(extra), status);
}

function notReady(): View {
  const text = 'The group is not ready to let people in. Ask whoever gave you the link, and try again later.';
  return view('message', 'Not yet', { heading: 'Not yet', text }, 409);
}

const AN_HOUR = 3600; // seconds, after which a number counts as untried again

function tooMany(retryAfter = 900): View {
  const wait = retryAfter === AN_HOUR ? 'an hour' : 'a quarter of an hour';
  const text = `There were too many attempts. Wait ${wait} and try again, or ask whoever gave you the link.`;
  return { ...view('message', 'Please wait', { heading: 'Please wait', text }, 429), retryAfter };
}

async function inWords(tx: Transaction, instant: string): Promise<string> {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: await timeZone(tx) } as const;
  return new Intl.DateTimeFormat('en-GB', format).format(new Date(instant));
}
