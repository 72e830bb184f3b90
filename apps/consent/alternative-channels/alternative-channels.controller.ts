import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { isInstant, ruleOf } from '#domain';
import type { Transaction } from '#eventsourcing';
import {
  afterKey,
  type CallOf,
  Command,
  findPolicy,
  Incoming,
  listed,
  Read,
  refused,
  requireGroup,
  Resource,
  ServiceKit,
  uuid,
} from '#nest';
import { aboutOf, ask } from '../consents/consent-stream.js';
import { ConsentRecorded } from '../consents/consents.dto.js';
import { currentText, keepTold } from '../texts/texts.read-model.js';
import {
  ChannelPage,
  ChannelsQuery,
  OwedPage,
  OwedQuery,
  RecordChannel,
  RecordDelivery,
} from './alternative-channels.dto.js';
import { listChannels } from './alternative-channels.read-model.js';

const place = afterKey(Type.Tuple([Type.Refine(Type.String(), isInstant, () => 'must be an instant'), uuid, uuid]));

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

  @Command('deliver', {
    scopes: ['admin', 'moderator'],
    summary: 'Records that a text reached a person who is not in the group, by somebody’s word',
    description: 'A mail of ours records itself, and takes it back should it bounce.',
    body: RecordDelivery,
    answers: ConsentRecorded,
  })
  async deliver(@Incoming() call: CallOf<typeof RecordDelivery>) {
    const { tx, body, cause } = call;
    await requireGroup(tx, body.groupId);
    const { personId, groupId } = aboutOf(body);
    const inForce = await this.textFor(tx, groupId);
    const textVersion = body.textVersion ?? inForce?.version;
    if (!textVersion) return refused('NoText', 'The group has no text yet for those who are not in it.');
    if (inForce?.version === textVersion) await keepTold(this.kit, tx, groupId, inForce.kind, inForce);
    const attestedBy = (body.attestedBy ?? cause.actor.onBehalfOf ?? cause.actor.id).toLowerCase();
    const data = { personId, groupId, channel: body.channel, textVersion, attestedBy };
    return ask(this.kit, call, { name: 'RecordDelivery', data });
  }

  @Read('owed', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who must still be reached, and what is owed to each: a way, or a text by the way that is known',
    query: OwedQuery,
    answers: OwedPage,
  })
  async owed(@Incoming() { tx, query }: CallOf<never, typeof OwedQuery>) {
    const asked = { ...query, isOwed: true };
    const { items, next } = await listed(asked, place, (part) => listChannels(tx, part), [
      'since',
      'groupId',
      'personId',
    ]);
    const groups = [...new Set(items.map((row) => row.groupId))];
    const texts = new Map<string, { textVersion: string | null; rules: unknown[] }>();
    for (const group of groups) {
      const policy = await findPolicy(tx, group);
      const textVersion = (await this.textFor(tx, group))?.version ?? null;
      texts.set(group, { textVersion, rules: policy ? [ruleOf(policy, 'nonjoiner_channel')] : [] });
    }
    return {
      items: items.map((row) => {
        const { personId: person, since, channel } = row;
        const owed = channel === null ? ['channel', 'notice'] : ['notice'];
        return { personId: person, groupId: row.groupId, since, channel, owed, ...texts.get(row.groupId)! };
      }),
      next,
    };
  }

  /** What goes to those who are not in the group: the text made for them, or else the notice. */
  private async textFor(tx: Transaction, groupId: string) {
    for (const kind of ['nonjoiner', 'notice'] as const) {
      const text = await currentText(this.kit, tx, groupId, kind);
      if (text) return { kind, ...text };
    }
    return undefined;
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Who must be reached another way, and who is; oldest first',
    query: ChannelsQuery,
    answers: ChannelPage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof ChannelsQuery>) {
    return listed(query, place, (part) => listChannels(tx, part), ['since', 'groupId', 'personId']);
  }
}
