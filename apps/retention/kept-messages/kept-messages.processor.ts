import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { ServiceKit } from '#nest';
import { recordOfItem } from '../records/records.read-model.js';
import { findKept } from './kept-messages.read-model.js';

export const DISCARDING = 'retention.discarding';
const discarding = processorId(DISCARDING);

type Heard<Name extends keyof RetentionPayloads> = RecordedEvent<Name, RetentionPayloads[Name]>;

/** Destroys what is in the vault of an export whose time is over, and of a message or record whose own end has come: its key goes with it. */
@Controller()
export class DiscardingProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('retention', 'ChatExportDiscarded'), discarding)
  async discarded(@Payload() { data: { captureId } }: Heard<'ChatExportDiscarded'>, @Ctx() { tx }: Handling) {
    await this.kit.vault.erase(tx, captureId);
  }

  @EventPattern<string>(typeOf('retention', 'DeletionAttested'), discarding)
  async attested(@Payload() { data }: Heard<'DeletionAttested'>, @Ctx() handling: Handling) {
    await this.end(data.itemId, handling);
  }

  /** What its owner cannot delete elsewhere is deleted here all the same. */
  @EventPattern<string>(typeOf('retention', 'DeletionNotPossible'), discarding)
  async notPossible(@Payload() { data }: Heard<'DeletionNotPossible'>, @Ctx() handling: Handling) {
    await this.end(data.itemId, handling);
  }

  private async end(itemId: string, { tx }: Handling): Promise<void> {
    if (await findKept(tx, itemId)) await this.kit.vault.erase(tx, itemId);
    const recordId = await recordOfItem(tx, itemId);
    if (recordId === undefined) return;
    await this.kit.vault.erase(tx, itemId);
    await this.kit.vault.erase(tx, recordId);
  }
}
