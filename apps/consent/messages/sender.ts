import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { CommandOf, MessageCommands } from '#domain';
import { WrongExpectedVersion } from '#eventsourcing';
import { HttpProblem, NEIGHBOURS, ServiceKit, type Neighbours } from '#nest';
import { mailServer, type MailServer } from './mail.js';
import { tell, wordsOf, type Words } from './messages.js';

export const SENDER = 'consent.messages';

/** A message that is due, of one organisation. */
export interface Due {
  readonly tenantId: string;
  readonly messageId: string;
  readonly personId: string;
}

type Ready = { readonly to: string; readonly words: Words };
type Not = { readonly because: MessageCommands['DeclareUndeliverable']['because'] };

const LANES = 5;
const RETRIES = 5;
const ADDRESS = /^[^\s@<>(),;:"[\]\\]+@[^\s@<>(),;:"[\]\\]+$/;

/**
 * Hands messages to the mail server, a few at a time, outside of any transaction. Guarantees: of any number of senders one takes a message
 * up, because taking up is an event on its stream; each attempt is on record before the server hears of it and its outcome after. A process
 * that dies in between leaves an attempt of unknown outcome: the message's deadline has it sent again under the same Message-ID. So a
 * mail server gets a message at least once, and twice only where nobody could know of the first time.
 */
@Injectable()
export class MessageSender implements OnApplicationBootstrap {
  private readonly waiting: Due[] = [];
  /** What is under way, by message: one that falls due again meanwhile waits for its outcome. */
  private readonly running = new Map<string, Promise<void>>();
  private server: MailServer | undefined;
  private isStopping = false;

  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(NEIGHBOURS) private readonly neighbours: Neighbours,
  ) {}

  /** Settings that cannot work keep the process from starting. */
  onApplicationBootstrap(): void {
    this.server = mailServer(this.kit.env);
    this.kit.beforeStop(() => this.stop());
  }

  /** Whether there is a mail server at all. */
  get hasServer(): boolean {
    return this.server !== undefined;
  }

  /** Sends it when its turn comes. What is lost with the process falls due again by its deadline. */
  enqueue(due: Due): void {
    this.waiting.push(due);
    this.next();
  }

  /** Takes a message up and hands it over, unless another sender did. Rejects where its outcome could not be recorded. */
  async send(due: Due): Promise<void> {
    const attempt = await this.takeUp(due);
    if (attempt === undefined) return;
    const { tenantId: _, ...about } = due;
    const ready = await this.prepare(due);
    if (ready === undefined)
      return this.record(due, {
        name: 'ReportFailed',
        data: { ...about, attempt, reason: 'address_unavailable', isFinal: false },
      });
    if ('because' in ready) return this.record(due, { name: 'DeclareUndeliverable', data: { ...about, ...ready } });
    const handed = await this.server!.hand({ messageId: due.messageId, to: ready.to, ...ready.words });
    if (handed.ok) return this.record(due, { name: 'ReportSent', data: { ...about, attempt } });
    const { reason, isFinal } = handed;
    return this.record(due, { name: 'ReportFailed', data: { ...about, attempt, reason, isFinal } });
  }

  private next(): void {
    while (!this.isStopping && this.running.size < LANES) {
      const nr = this.waiting.findIndex((due) => !this.running.has(due.messageId));
      if (nr < 0) return;
      const [{ tenantId, messageId, personId }] = this.waiting.splice(nr, 1) as [Due];
      const work = this.send({ tenantId, messageId, personId })
        .catch((error: unknown) => {
          this.kit.log.warn(
            { err: error, messageId },
            'A message could not be dealt with; its deadline brings it back',
          );
        })
        .finally(() => {
          this.running.delete(messageId);
          this.next();
        });
      this.running.set(messageId, work);
    }
  }

  /** The number of this attempt; undefined where the message is not to be sent now, or somebody else has taken it up. */
  private async takeUp(due: Due): Promise<number | undefined> {
    if (!this.server) return undefined;
    const { tenantId, ...about } = due;
    try {
      const { events } = await this.kit.database.inTenant(tenantId, (tx) =>
        tell(this.kit, tx, cause, { name: 'AttemptMessage', data: about }),
      );
      return events[0]?.data['attempt'] as number | undefined;
    } catch (error) {
      if (error instanceof WrongExpectedVersion) return undefined;
      throw error;
    }
  }

  /** Where it goes and what it says; why it cannot be sent; or undefined where that cannot be found out at the moment. */
  private async prepare({ tenantId, messageId, personId }: Due): Promise<Ready | Not | undefined> {
    const words = await this.kit.database.inTenant(tenantId, (tx) => wordsOf(this.kit, tx, { messageId, personId }));
    if (words === 'erased') return { because: 'erased' };
    if (words === 'absent') return { because: 'words_gone' };
    if (typeof words === 'string') return undefined;
    try {
      const { status, body } = await this.neighbours.ask<{ personal?: { email?: { state: string; value?: string } } }>(
        'membership',
        tenantId,
        'GET',
        `/v1/people/${personId}`,
        undefined,
        { system: SENDER },
      );
      if (status === 404) return { because: 'unknown_person' };
      const email = status === 200 ? body.personal?.email : undefined;
      if (!email || email.state === 'unreadable') return undefined;
      if (email.state === 'erased') return { because: 'erased' };
      return email.value && ADDRESS.test(email.value) ? { to: email.value, words } : { because: 'no_address' };
    } catch (error) {
      if (error instanceof HttpProblem) return undefined;
      throw error;
    }
  }

  private async record({ tenantId }: Due, command: CommandOf<MessageCommands>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.kit.database.inTenant(tenantId, (tx) => tell(this.kit, tx, cause, command));
        return;
      } catch (error) {
        if (!(error instanceof WrongExpectedVersion) || tries === RETRIES) throw error;
      }
    }
  }

  /** Takes nothing more up and waits for what is under way, for five seconds at most: the rest is uncertain until its deadline. */
  private async stop(): Promise<void> {
    this.isStopping = true;
    const patience = new Promise<void>((resolve) => void setTimeout(resolve, 5_000).unref());
    await Promise.race([Promise.all(this.running.values()), patience]);
    this.server?.close();
  }
}

const cause = { actor: { kind: 'system', id: SENDER } } as const;
