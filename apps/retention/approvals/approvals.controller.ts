import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { approval, type ApprovalCommands, type CommandOf, exceptionTerms, signOffRules } from '#domain';
import {
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  requirePolicy,
  Resource,
  ServiceKit,
} from '#nest';
import {
  Approval,
  ApprovalChanged,
  ApprovalPage,
  ApprovalsQuery,
  Approve,
  AskException,
  AskSignOff,
  Decline,
  Sign,
} from './approvals.dto.js';
import { listApprovals } from './approvals.read-model.js';

const staff = ['admin', 'moderator', 'compliance'] as const;
type Told = Pick<
  Call<{ readonly occurredAt?: string } | undefined>,
  'tx' | 'params' | 'body' | 'cause' | 'expectedVersion'
>;
type Said = Readonly<Record<string, string | undefined>>;

/** What may be done only once a named person has said yes. */
@Resource('approvals', 'Records')
export class ApprovalsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('exceptions', {
    scopes: [...staff, 'member'],
    summary:
      'Asks for an exception from a rule of the policy: with a reason, the risks where the policy wants them, and an end',
    description:
      'Departing from the guidance takes an assessment of the risks and a convincing reason (BR-07). Nothing is in force before it is approved.',
    body: AskException,
    answers: ApprovalChanged,
  })
  async exception(@Incoming() call: CallOf<typeof AskException>) {
    const { tx, body } = call;
    const { parameter, reason, risks } = body;
    const groupId = idOf(body.groupId);
    const terms = exceptionTerms(await requirePolicy(tx, groupId));
    const said = { reason: filled(reason), risks: filled(risks) };
    const data = {
      groupId,
      subject: parameter,
      askedBy: idOf(body.askedBy),
      endsAt: instantIn('body/endsAt', body.endsAt),
      hasReason: said.reason !== undefined,
      hasRisks: said.risks !== undefined,
      ...terms,
    };
    return this.ask(call, body.approvalId, 'AskException', data, said);
  }

  @Command('sign-offs', {
    scopes: [...staff, 'member'],
    summary: 'Asks the person who is responsible for a matter to sign it off by email',
    description:
      'Taken for matters that the policy keeps out of the app and sends to email, such as audit, HR or finance (LD-20).',
    body: AskSignOff,
    answers: ApprovalChanged,
  })
  async signOff(@Incoming() call: CallOf<typeof AskSignOff>) {
    const { tx, body } = call;
    const groupId = idOf(body.groupId);
    const rules = signOffRules(await requirePolicy(tx, groupId), body.topic);
    const people = { askedBy: idOf(body.askedBy), responsibleId: idOf(body.responsibleId) };
    return this.ask(
      call,
      body.approvalId,
      'AskSignOff',
      { groupId, subject: body.topic, ...people, rules },
      { reason: body.reason },
    );
  }

  @Command(':approvalId/approve', {
    scopes: ['compliance'],
    summary: 'Approves an exception; never by who asked for it',
    body: Approve,
    answers: ApprovalChanged,
  })
  approve(@Incoming() call: CallOf<typeof Approve>) {
    return this.tell(call, 'Approve', { givenBy: idOf(call.body.givenBy) });
  }

  @Command(':approvalId/sign', {
    scopes: staff,
    summary: 'The person who is responsible has signed the matter off, in the email named',
    body: Sign,
    answers: ApprovalChanged,
  })
  sign(@Incoming() call: CallOf<typeof Sign>) {
    const reference = filled(call.body.reference);
    const data = { givenBy: idOf(call.body.givenBy), isReferenced: reference !== undefined };
    return this.tell(call, 'Sign', data, { reference });
  }

  @Command(':approvalId/decline', { scopes: staff, summary: 'Says no', body: Decline, answers: ApprovalChanged })
  decline(@Incoming() call: CallOf<typeof Decline>) {
    const { declinedBy, because } = call.body;
    return this.tell(call, 'Decline', { declinedBy: idOf(declinedBy) }, { because });
  }

  @Command(':approvalId/end', {
    scopes: ['compliance'],
    summary: 'Ends an exception before its time',
    answers: ApprovalChanged,
  })
  end(@Incoming() call: Call) {
    return this.tell({ ...call, body: undefined }, 'End', {});
  }

  @Read('', {
    scopes: [...staff, 'auditor'],
    summary: 'Exceptions and sign-offs, by the time they were asked for',
    query: ApprovalsQuery,
    answers: ApprovalPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof ApprovalsQuery>) {
    return listed(query, afterInstant, (part) => listApprovals(tx, part), ['askedAt', 'approvalId']);
  }

  @Read(':approvalId', { scopes: [...staff, 'auditor'], summary: 'One of them, with its words', answers: Approval })
  async show(@Incoming() { tx, params }: Call) {
    const row = await this.known({ tx, params });
    const said = await this.kit.vault.read(tx, row.approvalId, ['reason', 'risks', 'reference', 'because']);
    return new Answer(200, { ...row, ...said });
  }

  private async known({ tx, params }: Pick<Call, 'tx' | 'params'>) {
    const [row] = await listApprovals(tx, { approvalId: idOf(params['approvalId']), limit: 1 });
    if (!row) throw notFound('approval');
    return row;
  }

  private ask(
    call: Omit<Told, 'body'>,
    given: string | undefined,
    name: keyof ApprovalCommands,
    data: object,
    said: Said,
  ) {
    return this.put({ ...call, body: undefined }, idOf(given ?? v7()), name, data, said);
  }

  private async tell(call: Told, name: keyof ApprovalCommands, data: object, said: Said = {}): Promise<Answer> {
    return this.put(call, (await this.known(call)).approvalId, name, data, said);
  }

  /** Puts a command to an approval; what was said with it goes to the vault when it counts. */
  private async put(call: Told, approvalId: string, name: keyof ApprovalCommands, more: object, said: Said) {
    const { tx, body, cause, expectedVersion } = call;
    const command = { name, data: { approvalId, ...more } } as CommandOf<ApprovalCommands>;
    const occurredAt = pastInstantIn('body/occurredAt', body?.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, approval, cause, [
      { id: approvalId, command, occurredAt, expectedVersion },
    ]);
    const texts = Object.entries(said).filter((entry): entry is [string, string] => entry[1] !== undefined);
    if (!outcome!.refusal && outcome!.events.length > 0 && texts.length > 0)
      await this.kit.vault.write(tx, approvalId, Object.fromEntries(texts));
    return recorded(outcome!, { approvalId });
  }
}

const filled = (text: string | undefined): string | undefined => (text?.trim() ? text : undefined);
