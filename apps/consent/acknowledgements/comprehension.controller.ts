import { Inject } from '@nestjs/common';
import { v5, v7 } from 'uuid';
import { comprehension, comprehensionCheck } from '#domain';
import type { Rule } from '#events';
import type { Transaction } from '#eventsourcing';
import {
  activePolicies,
  type CallOf,
  Command,
  Incoming,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { CheckList, CheckOutcome, CheckRecorded, StartCheck } from './acknowledgements.dto.js';
import { listChecks } from './acknowledgements.read-model.js';

const NAMES = 'd2c33f0c-6a0b-4d34-9a63-5f4f4a3d9b10';

/** From time to time it is tested whether what was acknowledged was understood (CN-27). */
@Resource('comprehension-checks', 'Acknowledgements')
export class ComprehensionController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin'],
    summary: 'Starts a check of understanding among those in a role',
    body: StartCheck,
    answers: CheckRecorded,
  })
  async start(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof StartCheck>) {
    const { role, method } = body;
    const checkId = body.checkId?.toLowerCase() ?? v7();
    const data = { checkId, role, method, rules: await rulesOf(tx) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, comprehensionCheck, cause, [
      { id: checkId, command: { name: 'Start', data }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { checkId });
  }

  @Command(':checkId/outcomes', {
    scopes: ['admin', 'moderator'],
    summary: 'Records how a person did in a check',
    body: CheckOutcome,
    answers: CheckRecorded,
  })
  async tested(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof CheckOutcome>) {
    const checkId = params['checkId']!.toLowerCase();
    const personId = body.personId.toLowerCase();
    const [check] = await listChecks(tx, checkId);
    if (!check) throw notFound('check');
    const data = { checkId, personId, outcome: body.outcome, rules: await rulesOf(tx) };
    const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, comprehension, cause, [
      {
        id: v5(`${checkId}:${personId}`, NAMES),
        command: { name: 'RecordOutcome', data },
        occurredAt,
        expectedVersion,
      },
    ]);
    return recorded(outcome!, { checkId });
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Checks of understanding with their outcomes, the latest first',
    answers: CheckList,
  })
  async list(@Incoming() { tx }: CallOf<never>) {
    return { items: await listChecks(tx) };
  }
}

/** The rules that speak of such checks, in the policies in force. */
async function rulesOf(tx: Transaction): Promise<Rule[]> {
  return [...(await activePolicies(tx)).values()].flatMap(({ profile, version, parameters }) => {
    const asked = parameters.acknowledgements.value.filter(({ cadence }) => cadence === 'ad_hoc');
    const obligations = [...new Set(asked.flatMap((one) => one.obligations))];
    return asked.length > 0 ? [{ profile: `${profile}@${version}`, parameter: 'acknowledgements', obligations }] : [];
  });
}
