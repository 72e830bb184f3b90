import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { isInstant } from '#domain';
import {
  type CallOf,
  checked,
  Command,
  cursorKey,
  Incoming,
  page,
  Read,
  requireGroup,
  Resource,
  ServiceKit,
} from '#nest';
import { aboutOf, ask } from '../consents/consent-stream.js';
import { ConsentRecorded } from '../consents/consents.dto.js';
import { ChannelPage, ChannelsQuery, RecordChannel } from './alternative-channels.dto.js';
import { listChannels } from './alternative-channels.read-model.js';

const Cursor = Type.Tuple([
  Type.Refine(Type.String(), isInstant, () => 'must be an instant'),
  Type.String({ format: 'uuid' }),
  Type.String({ format: 'uuid' }),
]);

/** The register of those who are not in a group and how they are reached instead (LD-13). */
@Resource('alternative-channels', 'Consent')
export class AlternativeChannelsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('record', {
    scopes: ['admin', 'moderator'],
    summary: 'Records how a person is reached instead of in the group',
    description: 'Also for whoever cannot join for want of the app: nobody has to refuse first.',
    body: RecordChannel,
    answers: ConsentRecorded,
  })
  async record(@Incoming() call: CallOf<typeof RecordChannel>) {
    const { tx, body } = call;
    await requireGroup(tx, body.groupId);
    const data = { ...aboutOf(body), channel: body.channel };
    return ask(this.kit, call, { name: 'RecordAlternativeChannel', data });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who must be reached another way, and who is; oldest first',
    query: ChannelsQuery,
    answers: ChannelPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof ChannelsQuery>) {
    const { state, personId, groupId, cursor, limit = 50 } = query;
    const key = cursorKey(cursor, 3);
    const after = key && (checked(Cursor, key, 'query/cursor') as [string, string, string]);
    const rows = await listChannels(tx, { state, personId, groupId, after, limit: limit + 1 });
    return page(rows, limit, (row) => [row.since, row.groupId, row.personId]);
  }
}
