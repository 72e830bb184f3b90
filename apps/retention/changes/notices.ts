import { v5 } from 'uuid';
import { retentionNotice } from '#domain';
import type { Rule } from '#events';
import type { Cause, Transaction } from '#eventsourcing';
import { type ServiceKit, timeZone } from '#nest';

const NOTICES = 'f4f1d1f6-6b7a-4a4a-9a55-0a7de8c6f1d2';

/** That something of a group is kept for another time than before. */
export interface Change {
  readonly groupId: string;
  readonly previously: string;
  readonly period: string;
  readonly rules: readonly Rule[];
}

/** Owes the members of every group concerned a notice, one for each group however much of it changes (BR-60). */
export async function oweNotices(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause & { readonly causationId: string },
  occurredAt: string,
  changes: readonly Change[],
): Promise<void> {
  const zone = await timeZone(tx);
  const byGroup = new Map(changes.map((change) => [change.groupId, change]));
  await kit.commands.execute(
    tx,
    retentionNotice,
    cause,
    [...byGroup.values()].map((change) => {
      const noticeId = v5(`${cause.causationId} ${change.groupId}`, NOTICES);
      return {
        id: noticeId,
        command: { name: 'OweNotice', data: { ...change, noticeId, timeZone: zone } },
        occurredAt,
      };
    }),
  );
}
