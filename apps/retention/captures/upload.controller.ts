import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Type, type Static } from 'typebox';
import { v5, v7 } from 'uuid';
import { capture, wallClock } from '#domain';
import { WrongExpectedVersion, type Cause, type Transaction } from '#eventsourcing';
import { checked, Command, idOf, invalid, requirePolicy, ServiceKit, timeZone } from '#nest';
import { CaptureView, UploadQuery } from './captures.dto.js';
import { type CaptureRow, findCapture, viewOf } from './captures.read-model.js';
import type { Reading } from './export/chat-text.js';
import { CaptureJobs, type Job } from './jobs.js';
import { takeIn, type Upload } from './upload.js';

const BY_KEY = 'b3d2f1a4-7f4e-4b0e-9a4f-0f5b9c1a7d23';

/** Takes an exported chat in. A body may be larger than memory and slower than a transaction may last: it is taken in outside of one. */
@Controller('v1/captures')
@ApiTags('Records')
@ApiBearerAuth('key')
export class UploadController {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(CaptureJobs) private readonly jobs: CaptureJobs,
  ) {}

  @Command('', {
    scopes: ['admin', 'moderator', 'compliance'],
    summary: 'Hands in a chat as a phone exported it: the text, or the zip with attachments; it is then read beside',
    description:
      'The body is the file itself. Nothing of it is kept until messages are chosen; what is not chosen is deleted when you are done, or after 24 hours. Attachments are listed by fingerprint, size and kind, and not kept. A repeated captureId or Idempotency-Key gives the same export again; where reading was interrupted, the same Idempotency-Key begins anew with the file you send.',
    status: 202,
    query: UploadQuery,
    body: Type.String({ description: 'The exported file' }),
    consumes: ['text/plain', 'application/zip'],
    answers: CaptureView,
  })
  async handIn(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const query = checked(UploadQuery, queryOf(request), 'query') as Static<typeof UploadQuery>;
    const tenantId = request.principal!.tenantId;
    const key = request.headers['idempotency-key'];
    const groupId = idOf(query.groupId);
    const cause = causeOf(request);
    const inTenant = <T>(work: (tx: Transaction) => Promise<T>) => this.kit.database.inTenant(tenantId, work);
    const { reading, captureId, known } = await inTenant(async (tx) => {
      await requirePolicy(tx, groupId);
      const meant = query.captureId === undefined && key ? await this.under(tx, cause, String(key)) : undefined;
      return { reading: await readingOf(tx, query), ...(meant ?? (await named(tx, idOf(query.captureId ?? v7())))) };
    });
    if (!known) await this.receive(request, response, { tenantId, captureId, groupId, reading, cause });
    await this.jobs.ended(captureId, (query.wait ?? 0) * 1000);
    return viewOf((await inTenant((tx) => findCapture(tx, captureId)))!);
  }

  /** The export that an Idempotency-Key stands for: the first that nothing cut short. What was read of those before it is destroyed. */
  private async under(tx: Transaction, cause: Cause, key: string): Promise<Meant> {
    for (let cut = 0; ; cut++) {
      const captureId = v5(`${tx.tenantId!} ${cut === 0 ? key : JSON.stringify([key, cut])}`, BY_KEY);
      const row = await findCapture(tx, captureId);
      if (row?.isStalled) await this.jobs.giveUp(tx, cause, captureId);
      const known = row?.isStalled ? await findCapture(tx, captureId) : row;
      if (known?.reason !== 'interrupted') return { captureId, known };
    }
  }

  private async receive(request: Request, response: Response, about: Omit<Job, 'upload'>): Promise<void> {
    const { tenantId, captureId, groupId, cause } = about;
    this.jobs.reserve();
    let upload: Upload | undefined;
    try {
      upload = await takeIn(request, response, this.kit.env);
      const data = { captureId, groupId, bytes: upload.bytes };
      const [outcome] = await this.kit.database.inTenant(tenantId, (tx) =>
        this.kit.commands.execute(tx, capture, cause, [{ id: captureId, command: { name: 'ReceiveExport', data } }]),
      );
      // Sent twice at once: one of them is read.
      if (outcome!.events.length > 0) return this.jobs.enqueue({ ...about, upload });
    } catch (error) {
      if (!(error instanceof WrongExpectedVersion)) {
        await this.letGo(upload);
        throw error;
      }
    }
    await this.letGo(upload);
  }

  private async letGo(upload: Upload | undefined): Promise<void> {
    this.jobs.release();
    await upload?.file.close();
  }
}

interface Meant {
  readonly captureId: string;
  /** What there is of it already. */
  readonly known: CaptureRow | undefined;
}
const named = async (tx: Transaction, captureId: string): Promise<Meant> => ({
  captureId,
  known: await findCapture(tx, captureId),
});

function queryOf(request: Request): Record<string, unknown> {
  const { wait, ...query } = request.query;
  const isCount = typeof wait === 'string' && /^\d{1,3}$/.test(wait);
  return wait === undefined ? query : { ...query, wait: isCount ? Number(wait) : wait };
}

/** Throws the 400 for a zone there is not. */
async function readingOf(tx: Transaction, { dateOrder, timeZone: zone }: Static<typeof UploadQuery>): Promise<Reading> {
  const reading = { timeZone: zone ?? (await timeZone(tx)), dateOrder, now: tx.now };
  try {
    wallClock(reading.timeZone)({ year: 2024, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
  } catch {
    throw invalid([{ field: 'query/timeZone', rule: 'must be an IANA time zone' }]);
  }
  return reading;
}

const causeOf = ({ principal }: Request): Cause => ({ actor: { kind: 'key', id: principal!.keyId } });
