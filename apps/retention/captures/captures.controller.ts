import { Inject } from '@nestjs/common';
import { Type } from 'typebox';
import { capture } from '#domain';
import type { Outcome } from '#eventsourcing';
import {
  afterInstant,
  afterKey,
  Answer,
  type Call,
  type CallOf,
  Command,
  eventsOf,
  idOf,
  Incoming,
  listed,
  notFound,
  Read,
  recorded,
  recordReading,
  refused,
  Resource,
  ServiceKit,
} from '#nest';
import {
  CapturePage,
  CapturesQuery,
  CaptureView,
  DiscardAnswer,
  Keep,
  KeepAnswer,
  PreviewPage,
  PreviewQuery,
  Senders,
} from './captures.dto.js';
import { findCapture, listCaptures, type CaptureRow, viewOf } from './captures.read-model.js';
import { CaptureJobs } from './jobs.js';
import { findEvidence, keepChosen } from './keep.js';
import { readLines, readSummary } from './export/pages.js';

const afterLine = afterKey(Type.Tuple([Type.Integer({ minimum: 0 })]));
const officers = ['admin', 'moderator', 'compliance'] as const;

/** Chats that were handed in: looked through, chosen from, and gone. */
@Resource('captures', 'Records')
export class CapturesController {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(CaptureJobs) private readonly jobs: CaptureJobs,
  ) {}

  @Read('', {
    scopes: [...officers, 'auditor'],
    summary: 'Exports that were handed in, and what became of them',
    query: CapturesQuery,
    answers: CapturePage,
  })
  async list(@Incoming() { tx, query, cause }: CallOf<never, typeof CapturesQuery>) {
    const { items, next } = await listed(query, afterInstant, (part) => listCaptures(tx, part), [
      'receivedAt',
      'captureId',
    ]);
    // A process that was killed says nothing of its jobs: whoever looks is told what became of them.
    const shown = [];
    for (const row of items) {
      if (row.isStalled) await this.jobs.giveUp(tx, cause, row.captureId);
      shown.push(viewOf(row.isStalled ? (await findCapture(tx, row.captureId))! : row));
    }
    return { items: shown, next };
  }

  @Read(':captureId', {
    scopes: [...officers, 'auditor'],
    summary: 'One export: how far it is read, what is in it, or why it could not be read',
    answers: CaptureView,
  })
  async show(@Incoming() call: Call) {
    const row = await this.known(call);
    if (!row.isStalled) return new Answer(200, viewOf(row), row.version);
    await this.jobs.giveUp(call.tx, call.cause, row.captureId);
    const now = await this.known(call);
    return new Answer(200, viewOf(now), now.version);
  }

  @Read(':captureId/preview', {
    scopes: officers,
    summary: 'The chat, page by page; that it was read is recorded',
    query: PreviewQuery,
    answers: PreviewPage,
  })
  async preview(@Incoming() call: CallOf<never, typeof PreviewQuery>) {
    const row = await this.known(call);
    if (row.state !== 'ready') return notReady(row);
    const lines = await listed(
      call.query,
      afterLine,
      ({ after: last, limit }) =>
        readLines(this.kit, call.tx, row.captureId, last === undefined ? 0 : last[0] + 1, limit),
      ['index'],
    );
    await recordReading(this.kit, call, { subjectId: row.captureId, fields: ['chat'] });
    return lines;
  }

  @Read(':captureId/senders', {
    scopes: officers,
    summary:
      'Who wrote in the chat and whom its notices are about, by the names in it; that they were read is recorded',
    answers: Senders,
  })
  async senders(@Incoming() call: Call) {
    const row = await this.known(call);
    if (row.state !== 'ready') return notReady(row);
    const { senders, notices } = await readSummary(this.kit, call.tx, row.captureId);
    await recordReading(this.kit, call, { subjectId: row.captureId, fields: ['senders'] });
    return { items: senders, people: [...new Set(notices.flatMap(({ people }) => people))] };
  }

  @Command(':captureId/keep', {
    scopes: officers,
    summary: 'Makes the chosen messages records and deletes the rest',
    description:
      'Each is kept once, whichever export it comes in, as a retention item of its own. Lines of the app about people named in senders become evidence of who was in the group. Without any chosen line, nothing is kept.',
    body: Keep,
    answers: KeepAnswer,
  })
  async keep(@Incoming() call: CallOf<typeof Keep>) {
    const row = await this.known(call);
    if (row.state !== 'ready') return notReady(row);
    const { captureId, groupId } = row;
    const { tx, cause, body } = call;
    const choosing = { kit: this.kit, tx, cause, captureId, groupId };
    const { kept, alreadyKept, outcomes } = await keepChosen(choosing, body);
    const evidence = await findEvidence(choosing, body);
    const finished = body.finish === false ? [] : [await this.finish(call, captureId)];
    const found = evidence.flatMap(({ events }) => events).length;
    const all = [...outcomes, ...evidence, ...finished];
    const version = finished[0]?.version ?? row.version;
    return new Answer(
      201,
      { captureId, kept, alreadyKept, evidence: found, version, events: eventsOf(...all) },
      version,
    );
  }

  @Command(':captureId/discard', {
    scopes: officers,
    summary: 'Deletes what is left of an export',
    answers: DiscardAnswer,
  })
  async discard(@Incoming() call: CallOf) {
    const row = await this.known(call);
    if (row.state !== 'ready') return notReady(row);
    return recorded(await this.finish(call, row.captureId), { captureId: row.captureId });
  }

  private async finish(
    { tx, cause, expectedVersion }: Pick<Call, 'tx' | 'cause' | 'expectedVersion'>,
    captureId: string,
  ): Promise<Outcome> {
    const [outcome] = await this.kit.commands.execute(tx, capture, cause, [
      { id: captureId, command: { name: 'FinishCapture', data: { captureId } }, expectedVersion },
    ]);
    await this.kit.vault.erase(tx, captureId);
    return outcome!;
  }

  private async known({ tx, params }: Pick<Call, 'tx' | 'params'>): Promise<CaptureRow> {
    const row = await findCapture(tx, idOf(params['captureId']));
    if (!row) throw notFound('export');
    return row;
  }
}

const notReady = ({ state }: CaptureRow): Answer =>
  refused(
    'NotReady',
    state === 'reading' ? 'The export is still being read.' : 'There is nothing left of this export.',
  );
