import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { rightsPackage } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { ServiceKit } from '#nest';
import { COMPILER, PackageCompiler } from './compiler.js';
import { vaultIdOf } from './packages.read-model.js';

const packages = processorId(COMPILER);
type Heard<Name extends keyof RetentionPayloads> = RecordedEvent<Name, RetentionPayloads[Name]>;

/** A search that was ordered goes to the compiler, and a package whose time is over is destroyed. */
@Controller()
export class PackagesProcessor {
  constructor(
    @Inject(ServiceKit) private readonly kit: ServiceKit,
    @Inject(PackageCompiler) private readonly compiler: PackageCompiler,
  ) {}

  @EventPattern<string>(typeOf('retention', 'PackageOrdered'), packages)
  ordered(@Payload() { tenantId, data: { requestId, edition } }: Heard<'PackageOrdered'>): void {
    this.compiler.enqueue({ tenantId, requestId, edition });
  }

  @EventPattern<string>(typeOf('retention', 'PackageSearchRepeated'), packages)
  repeated(@Payload() { tenantId, data: { requestId, edition } }: Heard<'PackageSearchRepeated'>): void {
    this.compiler.enqueue({ tenantId, requestId, edition });
  }

  @EventPattern<string>(typeOf('retention', 'PackageExpired'), packages)
  async expired(
    @Payload() { id: causationId, correlationId, data: { requestId, edition } }: Heard<'PackageExpired'>,
    @Ctx() { tx }: Handling,
  ): Promise<void> {
    await this.kit.vault.erase(tx, vaultIdOf(requestId, edition));
    const cause = { actor: { kind: 'system', id: COMPILER } as const, correlationId, causationId };
    await this.kit.commands.execute(tx, rightsPackage, cause, [
      { id: requestId, command: { name: 'ConfirmDestroyed', data: { requestId, because: 'time_over' } } },
    ]);
  }
}
