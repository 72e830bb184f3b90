import { v7 } from 'uuid';
import type { ServiceKit } from '#nest';
import { registerOrganisation } from './access.controller.js';

/** At the very first start registers an organisation (`ROLLCALL_ORGANISATION` names it) and gives its key, which may do everything; nothing later. */
export async function firstOrganisation(
  kit: ServiceKit,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ organisationId: string; key: string } | undefined> {
  return kit.database.asRelay(async (tx) => {
    // Of two gateways that start together only one makes it.
    await tx.query('select pg_advisory_xact_lock(hashtext($1))', ['rollcall.first-start']);
    const [known] = await tx.query('select 1 from access_keys limit 1');
    if (known) return undefined;
    const organisationId = v7();
    const name = env['ROLLCALL_ORGANISATION'] ?? 'My organisation';
    const cause = { actor: { kind: 'system' as const, id: 'first-start' } };
    const { key } = await registerOrganisation(kit, tx, { organisationId, name, more: ['operator'] }, cause);
    return { organisationId, key };
  });
}
