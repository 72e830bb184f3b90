import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { capture, type CaptureCommands, type CommandOf } from '#domain';
import { WrongExpectedVersion, type Cause, type Transaction } from '#eventsourcing';
import { HttpProblem, problem, ServiceKit } from '#nest';
import { SubjectErased } from '#vault';
import { beat } from './captures.read-model.js';
import type { Reading } from './export/chat-text.js';
import { writeSummary } from './export/pages.js';
import { readExport } from './export/reading.js';
import { NotAChat, type Reason } from './export/unreadable.js';
import { largestUpload, type Upload } from './upload.js';

/** An export that was taken in and is to be read. */
export interface Job {
  readonly tenantId: string;
  readonly captureId: string;
  readonly groupId: string;
  readonly upload: Upload;
  readonly reading: Reading;
  readonly cause: Cause;
}

const LANES = 2;
/** Uploads and jobs at a time in one process: each may take the largest export's room on the disk. */
const MOST = 8;
const RETRIES = 5;

/**
 * Reads exports beside the requests that brought them. A job ends in one event: read, or rejected with its reason. A process that
 * stops says "interrupted" of what it was reading; of one that was killed, whoever asks next does (`giveUp`), since nothing has been
 * heard of it. Either way nothing of the export stays.
 */
@Injectable()
export class CaptureJobs implements OnApplicationBootstrap {
  private readonly waiting: Job[] = [];
  private readonly running = new Map<string, Promise<void>>();
  private readonly ends = new Map<string, (() => void)[]>();
  private taken = 0;
  private isStopping = false;

  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  /** Settings that cannot work keep the process from starting. */
  onApplicationBootstrap(): void {
    largestUpload(this.kit.env);
    this.kit.beforeStop(() => this.stop());
  }

  /** Takes one of the places there are; give it back by `release`. Throws the 503 where none is free. */
  reserve(): void {
    if (this.taken >= MOST || this.isStopping)
      throw new HttpProblem(
        problem(503, 'busy', 'As many exports as this installation reads at a time are being read. Try again.'),
        { 'retry-after': '30' },
      );
    this.taken++;
  }

  release(): void {
    this.taken--;
  }

  /** Reads it when its turn comes; its place and its file are given back at the end. */
  enqueue(job: Job): void {
    this.waiting.push(job);
    this.next();
  }

  /** Resolves when the job has ended, or after this many milliseconds. */
  async ended(captureId: string, within: number): Promise<void> {
    const isOpen = this.running.has(captureId) || this.waiting.some((job) => job.captureId === captureId);
    if (!isOpen || within <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, within);
      const told = () => {
        clearTimeout(timer);
        resolve();
      };
      this.ends.set(captureId, [...(this.ends.get(captureId) ?? []), told]);
    });
  }

  /** Says of a job nothing was heard of for long that it was interrupted, and destroys what it had read. */
  async giveUp(tx: Transaction, cause: Cause, captureId: string): Promise<void> {
    await reject(this.kit, tx, cause, captureId, 'interrupted');
  }

  private next(): void {
    while (this.running.size < LANES && this.waiting.length > 0) {
      const job = this.waiting.shift()!;
      const { captureId } = job;
      const work = this.run(job)
        .catch((error: unknown) => this.kit.log.error({ err: error, captureId }, 'An export could not be dealt with'))
        .finally(() => {
          this.running.delete(captureId);
          this.release();
          for (const told of this.ends.get(captureId) ?? []) told();
          this.ends.delete(captureId);
          this.next();
        });
      this.running.set(captureId, work);
    }
  }

  private async run({ tenantId, captureId, groupId, upload, reading, cause }: Job): Promise<void> {
    const inTenant = <T>(work: (tx: Transaction) => Promise<T>) => this.kit.database.inTenant(tenantId, work);
    const onProgress = async (bytes: number) => {
      if (this.isStopping) throw new NotAChat('interrupted');
      await inTenant((tx) => beat(tx, captureId, bytes));
    };
    try {
      await onProgress(0);
      const target = { kit: this.kit, tenantId, captureId, onProgress };
      const { order, counts, ...summary } = await readExport(upload, reading, target);
      const { dateOrder, is: dateOrderIs } = order;
      const data = { captureId, groupId, ...counts, dateOrder, dateOrderIs, timeZone: reading.timeZone };
      await again(() =>
        inTenant(async (tx) => {
          await writeSummary(this.kit, tx, captureId, summary);
          await tell(this.kit, tx, cause, { name: 'FinishReading', data });
        }),
      );
    } catch (error) {
      if (error instanceof SubjectErased) return; // its time was over before it was read
      const reason = error instanceof NotAChat ? error.reason : 'interrupted';
      if (!(error instanceof NotAChat)) this.kit.log.error({ err: error, captureId }, 'Reading an export failed');
      await again(() => inTenant((tx) => reject(this.kit, tx, cause, captureId, reason)));
    } finally {
      await upload.file.close();
    }
  }

  private async stop(): Promise<void> {
    this.isStopping = true;
    while (this.running.size > 0) await Promise.all(this.running.values());
  }
}

async function reject(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  captureId: string,
  reason: Reason,
): Promise<void> {
  await kit.vault.erase(tx, captureId);
  await tell(kit, tx, cause, { name: 'RejectExport', data: { captureId, reason } });
}

function tell(kit: ServiceKit, tx: Transaction, cause: Cause, command: CommandOf<CaptureCommands>) {
  return kit.commands.execute(tx, capture, cause, [{ id: command.data.captureId, command }]);
}

/** A deadline may write to the same stream at the same time. */
async function again(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WrongExpectedVersion) || tries === RETRIES) throw error;
    }
}
