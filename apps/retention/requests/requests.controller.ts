import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { refuse, rightsPackage, rightsRequest, ruleOf, type ResolvedPolicy } from '#domain';
import type { Rule } from '#events';
import type { Transaction } from '#eventsourcing';
import {
  activePolicies,
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  HttpProblem,
  idOf,
  Incoming,
  listed,
  pastInstantIn,
  Read,
  recorded,
  refusalProblem,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import {
  AnswerRequest,
  ErasureDecided,
  Extend,
  ReceiveRequest,
  Request,
  RequestChanged,
  RequestPage,
  RequestsQuery,
  Step,
} from './requests.dto.js';
import { correctionsTo, holdsOn, itemsAbout, listRequests, toldOf } from './requests.read-model.js';
import { ask, dueOf, known } from './steps.js';

const officers = ['admin', 'compliance'] as const;

/** What people ask of the organisation by right, each with the time the law gives it. */
@Resource('rights-requests', 'Rights')
export class RequestsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'compliance', 'member'],
    summary: 'Takes a request in; the time to answer runs from its receipt, or from when it is known who asks',
    description:
      'Access, erasure, rectification and objection: one calendar month (UK GDPR, article 12(3)). Freedom of information, where the policy has it (BR-48, CN-29): twenty working days. A complaint is acknowledged within thirty days. A rectification names which data is `wrong`, an objection what it is `against`; while one against `messages` is open, or was complied with, the person gets none.',
    body: ReceiveRequest,
    answers: RequestChanged,
  })
  async receive(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof ReceiveRequest>) {
    const requestId = (body.requestId ?? v7()).toLowerCase();
    const { kind, personId, identity, region = 'england_and_wales', wish, wrong, against, purpose } = body;
    const data = {
      requestId,
      kind,
      ...(personId ? { personId: personId.toLowerCase() } : {}),
      region,
      timeZone: await timeZone(tx),
      ...(wrong ? { wrong } : {}),
      ...(against ? { against } : {}),
      ...(purpose ? { purpose } : {}),
      isIdentityKnown: identity === 'confirmed',
      rules: await rulesFor(tx, kind),
    };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, rightsRequest, cause, [
      { id: requestId, command: { name: 'Receive', data }, occurredAt, expectedVersion },
    ]);
    if (wish !== undefined && outcome!.events.length > 0) await this.kit.vault.write(tx, requestId, { wish });
    return recorded(outcome!, { requestId, dueAt: await dueOf(tx, requestId) });
  }

  @Command(':requestId/confirm-identity', {
    scopes: officers,
    summary: 'It is known who asks; the time to answer runs from now',
    body: Step,
    answers: RequestChanged,
  })
  confirmIdentity(@Incoming() call: CallOf<typeof Step>) {
    return ask(this.kit, call, 'ConfirmIdentity');
  }

  @Command(':requestId/ask-clarification', {
    scopes: officers,
    summary: 'The person was asked what they mean; the clock stands still',
    body: Step,
    answers: RequestChanged,
  })
  askClarification(@Incoming() call: CallOf<typeof Step>) {
    return ask(this.kit, call, 'AskClarification');
  }

  @Command(':requestId/clarified', {
    scopes: officers,
    summary: 'The person said what they mean; the clock runs again',
    body: Step,
    answers: RequestChanged,
  })
  clarified(@Incoming() call: CallOf<typeof Step>) {
    return ask(this.kit, call, 'TakeClarification');
  }

  @Command(':requestId/acknowledge', {
    scopes: officers,
    summary: 'The person was told that their complaint arrived',
    body: Step,
    answers: RequestChanged,
  })
  acknowledge(@Incoming() call: CallOf<typeof Step>) {
    return ask(this.kit, call, 'AcknowledgeComplaint');
  }

  @Command(':requestId/extend', {
    scopes: officers,
    summary: 'Two further months are needed; the person was told why within the first one',
    body: Extend,
    answers: RequestChanged,
  })
  extend(@Incoming() call: CallOf<typeof Extend>) {
    return ask(this.kit, call, 'Extend', { reason: call.body.reason });
  }

  @Command(':requestId/answer', {
    scopes: officers,
    summary: 'The person has an answer',
    description:
      'An erasure is answered when every service has destroyed what it held, unless it is refused. A rectification names the corrections made since it came, an objection what was stopped; what is refused of either is refused for a reason.',
    body: AnswerRequest,
    answers: RequestChanged,
  })
  async answer(@Incoming() call: CallOf<typeof AnswerRequest>) {
    const { answer: words, occurredAt: _, corrections, ...given } = call.body;
    const named = corrections ? { corrections: corrections.map(idOf) } : {};
    const answer = await ask(this.kit, call, 'Answer', { answer: words }, { ...given, ...named });
    if (answer.status === 201) {
      const { requestId } = await known(call.tx, call.params);
      const ending = { id: requestId, command: { name: 'EndPackage', data: { requestId } } } as const;
      await this.kit.commands.execute(call.tx, rightsPackage, call.cause, [ending]);
    }
    return answer;
  }

  @Command(':requestId/erase', {
    scopes: ['compliance'],
    summary: 'Has every service destroy what it holds about the person, but for what is kept by right, item by item',
    description:
      'Items under a hold (BR-61) and items whose time to be kept is not over (BR-57) stay, and are named. A hold on the person keeps everything. The history stays whole, about an unnamed person (AMZ-113).',
    answers: ErasureDecided,
  })
  async erase(@Incoming() { tx, params, cause, expectedVersion }: Call) {
    const { requestId, personId } = await known(tx, params);
    const items = personId === null ? [] : await itemsAbout(tx, personId);
    const kept = items
      .filter(({ isHeld, isOver }) => isHeld || !isOver)
      .map(({ itemId, isHeld, retainUntil }) => ({
        itemId,
        because: isHeld ? ('hold' as const) : ('retention' as const),
        explanation: isHeld ? 'A hold covers it.' : timeLeft(retainUntil),
      }));
    const data = {
      requestId,
      holdIds: personId === null ? [] : await holdsOn(tx, personId),
      kept: kept.map(({ itemId, because }) => ({ itemId, because })),
      rules: await rulesFor(tx, 'erasure'),
    };
    const [outcome] = await this.kit.commands.execute(tx, rightsRequest, cause, [
      { id: requestId, command: { name: 'OrderErasure', data }, expectedVersion },
    ]);
    if (!outcome!.refusal && outcome!.events.length > 0) {
      const stays = new Set(kept.map(({ itemId }) => itemId));
      for (const { itemId } of items) if (!stays.has(itemId)) await this.kit.vault.erase(tx, itemId);
    }
    return recorded(outcome!, { requestId, kept });
  }

  @Read('', {
    scopes: [...officers, 'auditor'],
    summary: 'What people asked for, by the time it was received',
    query: RequestsQuery,
    answers: RequestPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof RequestsQuery>) {
    return listed(query, afterInstant, (part) => listRequests(tx, part), ['receivedAt', 'requestId']);
  }

  @Read(':requestId', { scopes: officers, summary: 'One request, with what was said', answers: Request })
  async show(@Incoming() { tx, params }: Call) {
    const request = await known(tx, params);
    const said = await this.kit.vault.read(tx, request.requestId, ['wish', 'reason', 'answer']);
    const corrections = await correctionsTo(tx, request.requestId);
    const told = await toldOf(tx, request.requestId);
    return new Answer(200, { ...request, ...said, corrections, told });
  }
}

/** The right a profile names for a kind of request. Access, erasure and the rest are the law's, whatever a profile says. */
async function rulesFor(tx: Transaction, kind: string): Promise<Rule[]> {
  const named = kind === 'freedom_of_information' ? 'FOI' : kind === 'erasure' ? 'erasure' : 'SAR';
  const policies = [...(await activePolicies(tx)).values()];
  const having = policies.filter(({ parameters }) => parameters.disclosure_rights.value.includes(named));
  if (kind === 'freedom_of_information' && having.length === 0) {
    const because =
      'No policy in force says that this organisation answers under freedom of information (disclosure_rights).';
    throw new HttpProblem(refusalProblem(refuse('NoSuchRight', because, rulesIn(policies))));
  }
  return rulesIn(having);
}

function rulesIn(policies: readonly ResolvedPolicy[]): Rule[] {
  const rules = policies.map((policy) => ruleOf(policy, 'disclosure_rights'));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

const timeLeft = (retainUntil: string | null): string =>
  retainUntil === null ? 'The time it has to be kept has not begun.' : `It has to be kept until ${retainUntil}.`;
