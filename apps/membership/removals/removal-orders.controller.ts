import { afterInstant, type Call, type CallOf, idOf, Incoming, listed, notFound, pageOf, Read, Resource } from '#nest';
import { OrdersQuery, RemovalOrderView } from './removal-orders.dto.js';
import { findRemovalOrder, listRemovalOrders } from './removal-orders.read-model.js';

/** The orders to take people out, for those who carry them out. */
@Resource('removal-orders', 'Removal orders')
export class RemovalOrdersController {
  @Read('', {
    scopes: ['admin', 'moderator'],
    summary: 'Removal orders, the most urgent first',
    query: OrdersQuery,
    looks: 'once',
    answers: pageOf(RemovalOrderView),
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof OrdersQuery>) {
    return listed(query, afterInstant, ({ after, limit, ...filter }) => listRemovalOrders(tx, filter, after, limit), [
      'dueAt',
      'taskId',
    ]);
  }

  @Read(':taskId', {
    scopes: ['admin', 'moderator'],
    summary: 'One removal order',
    looks: 'once',
    answers: RemovalOrderView,
  })
  async one(@Incoming() { tx, params }: Call) {
    const row = await findRemovalOrder(tx, idOf(params['taskId']));
    if (!row) throw notFound('removal order');
    return row;
  }
}
