import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { retention, rulesOf, whyKept } from '#domain';
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
  Resource,
  ServiceKit,
} from '#nest';
import { Item, ItemPage, ItemsQuery, ScheduleItem, Scheduled } from './items.dto.js';
import { findItem, listItems, NEVER } from './items.read-model.js';
import { keepItems } from './keeping.js';

type Part = Parameters<typeof listItems>[1];

/** What is kept and until when. */
@Resource('retention-items', 'Retention')
export class ItemsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'moderator'],
    summary: 'Keeps an item from its own time for a period, after which its owner has to delete it',
    description:
      'An item whose time is over already is kept as well: its deletion is due at once, as it should have been (BR-57). A hold whose scope it falls under covers it from the start (BR-61).',
    body: ScheduleItem,
    answers: Scheduled,
  })
  async schedule(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof ScheduleItem>) {
    const itemId = (body.itemId ?? v7()).toLowerCase();
    const { recordClass, period, reference, ownerId, groupId, personId, incidentId } = body;
    const keeping = { recordClass, period, ownerId: idOf(ownerId), ...(groupId ? { groupId: idOf(groupId) } : {}) };
    const item = {
      itemId,
      startsAt: pastInstantIn('body/startsAt', body.startsAt, tx.now),
      ...(personId ? { personId: idOf(personId) } : {}),
      ...(incidentId ? { incidentId: idOf(incidentId) } : {}),
    };
    const [outcome] = await keepItems(this.kit, tx, cause, { ...keeping, expectedVersion }, [
      { item, words: { reference } },
    ]);
    const { taskId, retainUntil } = (await findItem(tx, itemId))!;
    return recorded(outcome!, { itemId, taskId, retainUntil });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'What is kept, by the end of its time',
    query: ItemsQuery,
    answers: ItemPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof ItemsQuery>) {
    const dueBefore = query.dueBefore && instantIn('query/dueBefore', query.dueBefore);
    const find = (part: Part) => listItems(tx, { ...part, dueBefore });
    return listed(query, afterInstant, find, (row) => [row.retainUntil ?? NEVER, row.itemId]);
  }

  @Read(':itemId', {
    scopes: ['admin', 'moderator'],
    summary: 'One item, with where it is found and, in words, why it is kept as long as it is',
    answers: Item,
  })
  async show(@Incoming() { tx, params }: Call) {
    const item = await findItem(tx, params['itemId']!);
    if (!item) throw notFound('item');
    const { reference } = await this.kit.vault.read(tx, item.itemId, ['reference']);
    const { state } = (await this.kit.commands.states(tx, retention, [item.itemId])).get(item.itemId)!;
    return new Answer(200, { ...item, reference, rules: rulesOf(state), because: whyKept(state) }, item.version);
  }
}
