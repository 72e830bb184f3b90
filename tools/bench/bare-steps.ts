import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TENANT } from './events.js';
import type { Ground } from './ground.js';
import { timesOf, type Figures } from './harness.js';

/**
 * What no product of this shape can do without, one after the other: a durable insert, a message through the bus where there is one
 * (`carry`), another insert, an indexed select, an HTTP round trip. `name` is that of its database.
 */
export async function bareSteps(ground: Ground, name: string, carry: () => Promise<void> = () => Promise.resolve()) {
  const { owner, close } = await ground.service(name);
  await owner.query(
    'create table bare (id bigint generated always as identity primary key, tenant_id uuid, body text)',
  );
  const server = createServer((_, response) => response.end('{"items":[]}'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const body = 'x'.repeat(400);
  const insert = () =>
    owner.query({ name: 'insert', text: 'insert into bare (tenant_id, body) values ($1, $2)', values: [TENANT, body] });
  const once = async (nr: number) => {
    await insert();
    await carry();
    await insert();
    await owner.query({ name: 'select', text: 'select * from bare where id = $1', values: [nr + 1] });
    await (await fetch(url)).text();
  };
  return {
    run: (times: number): Promise<Figures> => timesOf(times, once),
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await close();
    },
  };
}
