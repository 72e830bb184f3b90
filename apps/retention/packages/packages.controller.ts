import { Inject, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import {
  disclose,
  rightsPackage,
  type CommandOf,
  type Other,
  type PackageCommands,
  type ResolvedPolicy,
  ruleOf,
} from '#domain';
import type { Rule } from '#events';
import type { Outcome, Transaction } from '#eventsourcing';
import {
  activePolicies,
  Answer,
  type Call,
  type CallOf,
  Command,
  findPolicy,
  idOf,
  Incoming,
  instantIn,
  invalid,
  notFound,
  Read,
  recorded,
  refused,
  reply,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import { listRequests, type RequestRow } from '../requests/requests.read-model.js';
import { bytesOf, fingerprint } from './compiler.js';
import type { PackageDocument } from './document.js';
import * as dto from './packages.dto.js';
import { disclosedIn, findPackage, vaultIdOf, type PackageRow } from './packages.read-model.js';
import { page } from './view.js';

/** What is put together for whoever asks to see what is held about them, or in groups they ask about. */
@Resource('rights-requests', 'Rights')
export class PackagesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command(':requestId/package', {
    scopes: ['compliance'],
    summary: 'Has every service searched for what is held, and a package made of it',
    description:
      'About the person of an access request (LD-45); for freedom of information about groups in a period, where their policy has it (CN-29, BR-48). The search goes on after the answer: ask for the package until its state is compiled.',
    body: dto.OrderPackage,
    answers: dto.PackageChanged,
  })
  async order(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof dto.OrderPackage>) {
    const request = await this.known(tx, params);
    const { requestId, kind, personId, state } = request;
    const isFreedom = kind === 'freedom_of_information';
    if (isFreedom !== (body.groupIds !== undefined))
      throw invalid([{ field: 'body/groupIds', rule: 'must be there for freedom of information, and not otherwise' }]);
    const groupIds = body.groupIds?.map((id) => idOf(id));
    const rules = isFreedom ? await freedomRules(tx, groupIds!) : await accessRules(tx);
    if ('refused' in rules) return rules.refused;
    const period = {
      ...(body.from ? { from: instantIn('body/from', body.from) } : {}),
      ...(body.to ? { to: instantIn('body/to', body.to) } : {}),
    };
    const about = {
      requestId,
      ...(personId && !isFreedom ? { personId } : {}),
      ...(groupIds ? { groupIds } : {}),
      ...period,
    };
    const known = { kind, isIdentityKnown: state !== 'waiting', isAnswered: state === 'answered' };
    const command = { name: 'OrderPackage', data: { about, request: known, rules: rules.rules } } as const;
    const [outcome] = await this.kit.commands.execute(tx, rightsPackage, cause, [
      { id: requestId, command, expectedVersion },
    ]);
    return recorded(outcome!, { requestId });
  }

  @Read(':requestId/package', {
    scopes: ['compliance'],
    summary: 'How far the package is, and who else is in it, to decide who is shown; that it was read is recorded',
    answers: dto.PackageShown,
  })
  async show(@Incoming() call: Call) {
    const row = await this.ordered(call);
    if (row.kept === 0) return { ...withoutKept(row), others: [] };
    const { others, disclosed, reasons } = await this.kept(call.tx, row);
    await this.tell(call, row, { name: 'NoteReading', data: reading(call, row, 'review') });
    const shown = others.map((other) => ({
      ...other,
      isDisclosed: disclosed.includes(other.label),
      ...(reasons[other.label] ? { reason: reasons[other.label] } : {}),
    }));
    return { ...withoutKept(row), others: shown };
  }

  @Read(':requestId/package/document', {
    scopes: ['compliance'],
    summary: 'The package as it is handed out, as JSON or as a page to read and print; that it was read is recorded',
    query: dto.DocumentQuery,
    streams: ['application/json', 'text/html'],
  })
  async document(@Incoming() call: CallOf<never, typeof dto.DocumentQuery>) {
    const row = await this.ordered(call);
    const { format = 'json' } = call.query;
    const outcome = await this.tell(call, row, { name: 'NoteReading', data: reading(call, row, format) });
    if (outcome.refusal) return reply(outcome, {});
    const { document, others, disclosed } = await this.kept(call.tx, row);
    const text =
      format === 'json'
        ? bytesOf(document, others, disclosed)
        : page(disclose(document, others, disclosed), { sha256: row.sha256!, timeZone: await timeZone(call.tx) });
    return new StreamableFile(Readable.from(text, { objectMode: false }), {
      type: format === 'json' ? 'application/json' : 'text/html; charset=utf-8',
      disposition: `attachment; filename="package-${row.requestId}-${row.kept}.${format}"`,
    });
  }

  @Command(':requestId/redactions', {
    scopes: ['compliance'],
    summary: 'Decides whether another person in the package is shown by name, and why',
    body: dto.DecideDisclosure,
    answers: dto.PackageChanged,
  })
  async decide(@Incoming() call: CallOf<typeof dto.DecideDisclosure>) {
    const { tx, body } = call;
    const row = await this.ordered(call);
    if (row.kept === 0) return refused('NoPackage', 'There is no package to this request, or no longer.');
    const { label, disclose: isDisclosed, ground, reason } = body;
    const { document, others, disclosed } = await this.kept(tx, row);
    const then = [...disclosed.filter((other) => other !== label), ...(isDisclosed ? [label] : [])];
    const sha256 = fingerprint(bytesOf(document, others, then));
    const data = { requestId: row.requestId, label, isDisclosed, ground, sha256 };
    const outcome = await this.tell(call, row, { name: 'DecideDisclosure', data });
    if (outcome.events.length > 0)
      await this.kit.vault.write(tx, vaultIdOf(row.requestId, row.kept), { [`reason:${label}`]: reason });
    return recorded(outcome, { requestId: row.requestId });
  }

  private async kept(tx: Transaction, { requestId, kept }: PackageRow) {
    const values = await this.kit.vault.readAll(tx, vaultIdOf(requestId, kept));
    const text = (field: string) => {
      const value = values[field];
      if (value?.state !== 'value') throw new Error('A package that is on record cannot be read from the vault');
      return value.value;
    };
    const reasons = Object.fromEntries(
      Object.keys(values)
        .filter((field) => field.startsWith('reason:'))
        .map((field) => [field.slice('reason:'.length), text(field)]),
    );
    return {
      document: JSON.parse(text('document')) as PackageDocument,
      others: JSON.parse(text('others')) as Other[],
      disclosed: await disclosedIn(tx, requestId, kept),
      reasons,
    };
  }

  private async tell(
    { tx, cause, expectedVersion }: Pick<Call, 'tx' | 'cause' | 'expectedVersion'>,
    { requestId: id }: PackageRow,
    command: CommandOf<PackageCommands>,
  ): Promise<Outcome> {
    const [outcome] = await this.kit.commands.execute(tx, rightsPackage, cause, [{ id, command, expectedVersion }]);
    return outcome!;
  }

  private async known(tx: Transaction, params: Call['params']): Promise<RequestRow> {
    const [request] = await listRequests(tx, { requestId: idOf(params['requestId']), limit: 1 });
    if (!request) throw notFound('request');
    return request;
  }

  private async ordered({ tx, params }: Pick<Call, 'tx' | 'params'>): Promise<PackageRow> {
    const row = await findPackage(tx, idOf(params['requestId']));
    if (!row) throw notFound('package');
    return row;
  }
}

const reading = (
  { principal }: Pick<Call, 'principal'>,
  { requestId }: PackageRow,
  form: 'json' | 'html' | 'review',
) => ({
  requestId,
  keyId: principal.keyId,
  form,
});

/** Which edition can be read is told by `state`. */
const withoutKept = (row: PackageRow): Omit<PackageRow, 'kept'> & { kept: undefined } => ({ ...row, kept: undefined });

const naming = (policies: readonly ResolvedPolicy[], right: string): Rule[] => {
  const rules = policies
    .filter(({ parameters }) => parameters.disclosure_rights.value.some((named) => named === right))
    .map((policy) => ruleOf(policy, 'disclosure_rights'));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
};

/** Access is the law's right, whether a policy names it or not; the policies that do are told. */
async function accessRules(tx: Transaction): Promise<{ rules: Rule[] }> {
  return { rules: naming([...(await activePolicies(tx)).values()], 'SAR') };
}

/** Freedom of information reaches groups whose policy has it and no others: the parameter that says no is named. */
async function freedomRules(
  tx: Transaction,
  groupIds: readonly string[],
): Promise<{ rules: Rule[] } | { refused: Answer }> {
  const policies: ResolvedPolicy[] = [];
  for (const groupId of groupIds) {
    const policy = await findPolicy(tx, groupId);
    if (!policy) throw notFound('group');
    if (naming([policy], 'FOI').length === 0) {
      const because =
        'The policy of a group does not say that it answers under freedom of information (disclosure_rights).';
      return { refused: refused('NoSuchRight', because, [ruleOf(policy, 'disclosure_rights')]) };
    }
    policies.push(policy);
  }
  return { rules: naming(policies, 'FOI') };
}
