import { Inject } from '@nestjs/common';
import { v5 } from 'uuid';
import { recordSystems, type SystemCommands } from '#domain';
import { type Call, type CallOf, Command, Incoming, Read, recorded, Resource, ServiceKit } from '#nest';
import { System, SystemChanged, Systems } from './records.dto.js';
import { listSystems } from './records.read-model.js';

const SYSTEMS = 'f2b5d0b4-7d0a-4f57-9a55-5f0a7d5a3c42';

/** Which systems count as one of record. */
@Resource('record-systems', 'Records')
export class SystemsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'compliance'],
    summary: 'Approves a system of record (CN-18)',
    body: System,
    answers: SystemChanged,
  })
  approve(@Incoming() call: CallOf<typeof System>) {
    return this.ask(call, 'ApproveSystem');
  }

  @Command('withdraw', {
    scopes: ['admin', 'compliance'],
    summary: 'Takes the approval back; what was recorded there stays recorded',
    body: System,
    answers: SystemChanged,
  })
  withdraw(@Incoming() call: CallOf<typeof System>) {
    return this.ask(call, 'WithdrawSystem');
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'member', 'compliance', 'auditor'],
    summary: 'The approved systems of record',
    answers: Systems,
  })
  async list(@Incoming() { tx }: Call) {
    return { items: await listSystems(tx) };
  }

  private async ask({ tx, body, cause, expectedVersion }: CallOf<typeof System>, name: keyof SystemCommands) {
    const { system } = body;
    const [outcome] = await this.kit.commands.execute(tx, recordSystems, cause, [
      { id: v5(tx.tenantId!, SYSTEMS), command: { name, data: { system } }, expectedVersion },
    ]);
    return recorded(outcome!, { system });
  }
}
