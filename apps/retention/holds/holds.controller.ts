import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { hold, holdRules, retention, type HoldScope } from '#domain';
import type { Cause, Transaction } from '#eventsourcing';
import {
  activePolicies,
  afterInstant,
  Answer,
  type Call,
  type CallOf,
  Command,
  findPolicy,
  Incoming,
  instantIn,
  invalid,
  listed,
  notFound,
  Read,
  recorded,
  requireGroup,
  Resource,
  ServiceKit,
} from '#nest';
import { Hold, HoldChanged, HoldPage, HoldsQuery, PlaceHold, ReleaseHold, ReviewHold } from './holds.dto.js';
import { findHold, itemsCovered, itemsUnder, listHolds } from './holds.read-model.js';

/** What must be kept whatever its time: placed and released by the compliance officer, never by those who run the groups. */
@Resource('holds', 'Holds')
export class HoldsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['compliance'],
    summary: 'Keeps everything under a scope from being deleted, what arrives later too, until the hold is released',
    description:
      'Beats every deadline: an item whose time is over stays, and an order to delete that is out already is called back (BR-61).',
    body: PlaceHold,
    answers: HoldChanged,
  })
  async place(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof PlaceHold>) {
    const holdId = (body.holdId ?? v7()).toLowerCase();
    const scope = scopeIn(body.scope);
    const reviewAt = instantIn('body/reviewAt', body.reviewAt);
    // A hold on a group that is none would keep nothing, and nobody would know.
    if (scope.groupId !== undefined) await requireGroup(tx, scope.groupId);
    const policy = scope.groupId === undefined ? undefined : await findPolicy(tx, scope.groupId);
    const rules = policy ? holdRules(policy) : [];
    const covered = await itemsCovered(tx, scope);
    const [outcome] = await this.kit.commands.execute(tx, hold, cause, [
      { id: holdId, command: { name: 'PlaceHold', data: { holdId, scope, reviewAt, rules } }, expectedVersion },
    ]);
    if (outcome!.refusal || outcome!.events.length === 0)
      return recorded(outcome!, { holdId, items: (await findHold(tx, holdId))?.items ?? 0 });
    await this.kit.vault.write(tx, holdId, { reason: body.reason, authority: body.authority });
    await this.tell(tx, cause, 'ApplyHold', holdId, covered);
    return recorded(outcome!, { holdId, items: covered.length });
  }

  @Command(':holdId/release', {
    scopes: ['compliance'],
    summary: 'Ends a hold: what nothing else keeps gets its full time to be deleted',
    description: 'Nothing is deleted by it. An item under another hold stays (BR-61). Why it is over is on record.',
    body: ReleaseHold,
    answers: HoldChanged,
  })
  async release(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof ReleaseHold>) {
    const holdId = await this.known(tx, params);
    const { reason, words } = body;
    if (reason === 'other' && words === undefined)
      throw invalid([{ field: 'body/words', rule: 'must say why, where the reason is none of those named' }]);
    const [outcome] = await this.kit.commands.execute(tx, hold, cause, [
      { id: holdId, command: { name: 'ReleaseHold', data: { holdId, reason } }, expectedVersion },
    ]);
    const isReleased = outcome!.events.length > 0;
    if (isReleased && words !== undefined) await this.kit.vault.write(tx, holdId, { releaseWords: words });
    const covered = isReleased ? await itemsUnder(tx, holdId) : [];
    await this.tell(tx, cause, 'LiftHold', holdId, covered);
    return recorded(outcome!, { holdId, items: covered.length });
  }

  @Command(':holdId/review', {
    scopes: ['compliance'],
    summary: 'Records that a hold is still needed, and when it is looked at again',
    body: ReviewHold,
    answers: HoldChanged,
  })
  async review(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof ReviewHold>) {
    const holdId = await this.known(tx, params);
    const reviewAt = instantIn('body/reviewAt', body.reviewAt);
    const [outcome] = await this.kit.commands.execute(tx, hold, cause, [
      { id: holdId, command: { name: 'ReviewHold', data: { holdId, reviewAt } }, expectedVersion },
    ]);
    return recorded(outcome!, { holdId, items: (await findHold(tx, holdId))!.items });
  }

  @Read('', {
    scopes: ['compliance', 'admin', 'auditor'],
    summary: 'Holds by the time they were placed',
    query: HoldsQuery,
    answers: HoldPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof HoldsQuery>) {
    return listed(query, afterInstant, (part) => listHolds(tx, part), ['placedAt', 'holdId']);
  }

  @Read(':holdId', {
    scopes: ['compliance'],
    summary: 'One hold, with why it was placed, by what right, and why it is over',
    answers: Hold,
  })
  async show(@Incoming() { tx, params }: Call) {
    const found = await findHold(tx, params['holdId']!);
    if (!found) throw notFound('hold');
    const words = await this.kit.vault.read(tx, found.holdId, ['reason', 'authority', 'releaseWords']);
    return new Answer(200, { ...found, ...words });
  }

  private async known(tx: Transaction, params: Readonly<Record<string, string>>): Promise<string> {
    const holdId = params['holdId']!.toLowerCase();
    if (!(await findHold(tx, holdId))) throw notFound('hold');
    return holdId;
  }

  private async tell(
    tx: Transaction,
    cause: Cause,
    name: 'ApplyHold' | 'LiftHold',
    holdId: string,
    items: readonly { itemId: string; groupType: string | null }[],
  ): Promise<void> {
    const policies = await activePolicies(tx);
    for (let from = 0; from < items.length; from += PAGE) {
      const requests = items.slice(from, from + PAGE).map(({ itemId, groupType }) => {
        const policy = groupType === null ? undefined : policies.get(groupType);
        return { id: itemId, command: { name, data: { itemId, holdId, rules: policy ? holdRules(policy) : [] } } };
      });
      await this.kit.commands.execute(tx, retention, cause, requests);
    }
  }
}

/** Items told in one statement. */
const PAGE = 1_000;

/** The scope in the house form. Throws the 400 for a time that is none, and for a span that ends before it begins. */
function scopeIn({ groupId, personId, incidentId, from, to }: HoldScope): HoldScope {
  const span = {
    ...(from ? { from: instantIn('body/scope/from', from) } : {}),
    ...(to ? { to: instantIn('body/scope/to', to) } : {}),
  };
  if (span.from && span.to && span.from > span.to)
    throw invalid([{ field: 'body/scope/to', rule: 'must not be before from' }]);
  return {
    ...(groupId ? { groupId: groupId.toLowerCase() } : {}),
    ...(personId ? { personId: personId.toLowerCase() } : {}),
    ...(incidentId ? { incidentId: incidentId.toLowerCase() } : {}),
    ...span,
  };
}
