import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { type CallOf, closed, Command, Incoming, onlyOurselves, Resource, ServiceKit, uuid } from '#nest';
import { findGroups, rolesIn } from '../groups/groups.read-model.js';
import { knownAmong } from './names.read-model.js';

const AskNames = Type.Object(
  { ids: Type.Array(uuid, { maxItems: 5_000 }), groupIds: Type.Array(uuid, { maxItems: 500 }) },
  closed,
);

/** Who is who, for our own services: which ids are people, what they and the groups are called, and who runs those. */
@Resource('services/membership/names', 'Operations')
export class NamesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin'],
    status: 200,
    summary: 'Which of these ids are people, with their names, and who runs these groups; for our own services alone',
    body: AskNames,
  })
  async names(@Incoming() call: CallOf<typeof AskNames>) {
    onlyOurselves(call);
    const { tx, body } = call;
    const ids = await knownAmong(tx, body.ids);
    const named = await this.kit.vault.readMany(tx, ids, ['name']);
    const found = [...(await findGroups(tx, body.groupIds)).values()];
    const words = await this.kit.vault.readMany(
      tx,
      found.map(({ groupId }) => groupId),
      ['name'],
    );
    const groups = [];
    for (const { groupId, groupType } of found) {
      const roles = (await rolesIn(tx, groupId)).map(({ personId, kind }) => ({ personId, kind }));
      groups.push({ groupId, groupType, name: words.get(groupId)!.name, roles });
    }
    return { people: ids.map((personId) => ({ personId, name: named.get(personId)!.name })), groups };
  }
}
