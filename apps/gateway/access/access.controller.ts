import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import { accessKey, organisation, type Scope } from '#domain';
import type { Cause, Transaction } from '#eventsourcing';
import {
  Answer,
  Command,
  HttpProblem,
  Incoming,
  invalid,
  notFound,
  problem,
  Read,
  refusalProblem,
  reply,
  Resource,
  ServiceKit,
  type Call,
  type CallOf,
} from '#nest';
import { IssuedKey, IssueKey, KeyList, Organisation, RegisterOrganisation } from './access.dto.js';
import { keepKey, listKeys, newSecret } from './access.read-model.js';

/** What the first key of an organisation may do: everything that its own people and systems do. */
const FIRST_SCOPES: readonly Scope[] = ['admin', 'compliance', 'auditor', 'moderator', 'feed:hr', 'feed:crm'];

/** Registers an organisation and gives its first key, with `more` scopes beside the usual ones; the transaction acts for the new organisation meanwhile. */
export async function registerOrganisation(
  kit: ServiceKit,
  tx: Transaction,
  {
    organisationId,
    name,
    timeZone = 'Europe/London',
    more = [],
  }: { organisationId: string; name: string; timeZone?: string; more?: readonly Scope[] },
  cause: Cause,
): Promise<{ keyId: string; key: string }> {
  const askedBy = tx.tenantId;
  await tx.actFor(organisationId);
  const [outcome] = await kit.commands.execute(tx, organisation, cause, [
    { id: organisationId, command: { name: 'Register', data: { organisationId, timeZone } } },
  ]);
  if (outcome!.refusal) throw new HttpProblem(refusalProblem(outcome!.refusal));
  if (outcome!.events.length === 0)
    throw new HttpProblem(problem(409, 'AlreadyRegistered', 'An organisation of this id is registered.'));
  await kit.vault.write(tx, organisationId, { name });
  const key = await issueKey(kit, tx, cause, [...FIRST_SCOPES, ...more]);
  if (askedBy) await tx.actFor(askedBy);
  return key;
}

async function issueKey(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  scopes: readonly Scope[],
  expiresAt?: string,
): Promise<{ keyId: string; key: string }> {
  const keyId = v7();
  const until = expiresAt ? { expiresAt } : {};
  const [outcome] = await kit.commands.execute(tx, accessKey, cause, [
    { id: keyId, command: { name: 'Issue', data: { keyId, scopes, ...until } } },
  ]);
  if (outcome!.refusal) throw new HttpProblem(refusalProblem(outcome!.refusal));
  const { key, prefix, hash } = newSecret();
  await keepKey(tx, { keyId, prefix, hash, scopes, ...until });
  return { keyId, key };
}

@Resource('organisations', 'Organisation')
export class OrganisationsController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['operator'],
    summary: 'Registers an organisation and gives its first key, once',
    body: RegisterOrganisation,
    secret: true,
  })
  async register(@Incoming() { tx, body, cause }: CallOf<typeof RegisterOrganisation>) {
    const { organisationId = v7(), name, timeZone } = body;
    if (timeZone && !isTimeZone(timeZone))
      throw invalid([{ field: 'body/timeZone', rule: 'must be an IANA time zone, such as Europe/London' }]);
    const adminKey = await registerOrganisation(
      this.kit,
      tx,
      { organisationId, name, ...(timeZone ? { timeZone } : {}) },
      cause,
    );
    return { organisationId, adminKey };
  }
}

@Resource('organisation', 'Organisation')
export class OrganisationController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'auditor', 'moderator', 'operator'],
    summary: 'The organisation of this key',
    answers: Organisation,
  })
  async show(@Incoming() { tx, principal }: Call) {
    const organisationId = principal.tenantId;
    const { state } = (await this.kit.commands.states(tx, organisation, [organisationId])).get(organisationId)!;
    const { name } = await this.kit.vault.read(tx, organisationId, ['name']);
    return { organisationId, name, timeZone: state.registered?.timeZone ?? null };
  }
}

@Resource('keys', 'Access keys')
export class KeysController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin'],
    summary: 'Makes a key; the secret is in this answer and nowhere else',
    body: IssueKey,
    answers: IssuedKey,
    secret: true,
  })
  issue(@Incoming() { tx, body, cause, principal }: CallOf<typeof IssueKey>) {
    const missing = body.scopes.filter((scope) => scope === 'operator' && !principal.scopes.includes('operator'));
    if (missing.length > 0)
      throw new HttpProblem(problem(403, 'forbidden', 'Only an operator’s key can make another one.'));
    return issueKey(this.kit, tx, cause, body.scopes, body.expiresAt);
  }

  @Read('', {
    scopes: ['admin', 'auditor'],
    summary: 'The keys of the organisation, with their last use',
    answers: KeyList,
  })
  async list(@Incoming() { tx }: Call) {
    return { items: await listKeys(tx) };
  }

  @Command(':keyId/revoke', {
    scopes: ['admin'],
    status: 200,
    summary: 'Takes a key back; felt everywhere within seconds',
  })
  async revoke(@Incoming() { tx, params, cause, expectedVersion }: Call) {
    const keyId = params['keyId']!;
    const [outcome] = await this.kit.commands.execute(tx, accessKey, cause, [
      {
        id: keyId,
        command: { name: 'Revoke', data: { keyId } },
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      },
    ]);
    if (outcome!.refusal?.refused === 'KeyUnknown') throw notFound('key');
    return reply(outcome!, { keyId, revoked: true }, 200);
  }

  @Command(':keyId/rotate', {
    scopes: ['admin'],
    summary: 'Makes a key of the same scopes and takes the old one back',
    answers: IssuedKey,
    secret: true,
  })
  async rotate(@Incoming() { tx, params, cause }: Call) {
    const old = (await listKeys(tx)).find(({ keyId, revoked }) => keyId === params['keyId'] && !revoked);
    if (!old) throw notFound('key');
    const fresh = await issueKey(this.kit, tx, cause, old.scopes, old.expiresAt ?? undefined);
    await this.kit.commands.execute(tx, accessKey, cause, [
      { id: old.keyId, command: { name: 'Revoke', data: { keyId: old.keyId } } },
    ]);
    return new Answer(201, fresh);
  }
}

function isTimeZone(name: string): boolean {
  return Intl.supportedValuesOf('timeZone').includes(name);
}
