import { rightsRequest, type CommandOf, type RequestCommands } from '#domain';
import type { Transaction } from '#eventsourcing';
import { type Answer, type Call, idOf, notFound, pastInstantIn, recorded, type ServiceKit } from '#nest';
import { listRequests, type RequestRow } from './requests.read-model.js';

type Asked = Pick<
  Call<{ readonly occurredAt?: string } | undefined>,
  'tx' | 'params' | 'body' | 'cause' | 'expectedVersion'
>;

/** The request a path names. Throws the 404 for one of nobody's, or of another organisation. */
export async function known(tx: Transaction, params: Readonly<Record<string, string>>): Promise<RequestRow> {
  const [request] = await listRequests(tx, { requestId: idOf(params['requestId']), limit: 1 });
  if (!request) throw notFound('request');
  return request;
}

/** By when a request has to be answered; null while its clock stands still. */
export async function dueOf(tx: Transaction, requestId: string): Promise<string | null> {
  return (await listRequests(tx, { requestId, limit: 1 }))[0]?.dueAt ?? null;
}

/**
 * Puts a step to the request that the path names; `said` goes to the vault when the step counts, `more` into the command, and `shown`
 * into the answer. Throws the 404 for an unknown request, the 400 for a time to come.
 */
export async function ask(
  kit: ServiceKit,
  { tx, params, body, cause, expectedVersion }: Asked,
  name: keyof RequestCommands,
  said: Readonly<Record<string, string>> = {},
  more: object = {},
  shown: object = {},
): Promise<Answer> {
  const { requestId } = await known(tx, params);
  const command = { name, data: { requestId, ...more } } as CommandOf<RequestCommands>;
  const occurredAt = pastInstantIn('body/occurredAt', body?.occurredAt, tx.now);
  const [outcome] = await kit.commands.execute(tx, rightsRequest, cause, [
    { id: requestId, command, occurredAt, expectedVersion },
  ]);
  if (!outcome!.refusal && outcome!.events.length > 0) await keep(kit, tx, requestId, said);
  return recorded(outcome!, { requestId, dueAt: await dueOf(tx, requestId), ...shown });
}

/** Keeps what was said about a request, unless its words went with the person: an erasure that is answered is said to them alone. */
async function keep(
  kit: ServiceKit,
  tx: Transaction,
  requestId: string,
  said: Readonly<Record<string, string>>,
): Promise<void> {
  if (Object.keys(said).length === 0) return;
  const { wish } = await kit.vault.read(tx, requestId, ['wish']);
  if (wish.state !== 'erased') await kit.vault.write(tx, requestId, said);
}
