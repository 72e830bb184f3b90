import { Type } from 'typebox';
import { type CallOf, closed, Command, Incoming, onlyOurselves, Resource, uuid } from '#nest';
import { usersOfOwnDevices } from './holdings.read-model.js';

const AskDevices = Type.Object({ personIds: Type.Array(uuid, { maxItems: 5_000 }) }, closed);

/** Who uses a device of their own for the groups: a search may have to reach it (BR-48). */
@Resource('services/consent/own-devices', 'Operations')
export class DevicesController {
  @Command('', {
    scopes: ['admin'],
    status: 200,
    summary: 'Which of these people use a device of their own; for our own services alone',
    body: AskDevices,
  })
  async devices(@Incoming() call: CallOf<typeof AskDevices>) {
    onlyOurselves(call);
    return { personIds: await usersOfOwnDevices(call.tx, call.body.personIds) };
  }
}
