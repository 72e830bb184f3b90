import { v7 } from 'uuid';
import { localControl, metricsAddress, openLog, PATHS, runProcess, tracingFrom } from '#nest';
import {
  internalTokens,
  openService,
  proxiesIn,
  remoteControl,
  required,
  transportFrom,
  untilStopped,
  urlOf,
} from '#nest/distributed';
import { keyAuthenticator, tokensOrKeys } from './access/authenticator.js';
import { firstOrganisation } from './access/first-start.js';
import { CONTROLS } from './clock/clock.slice.js';
import { serveDocumentation } from './documentation/documentation.js';
import { gateway } from './gateway.service.js';
import { proxyTo, type Upstream } from './proxy.js';

const env = process.env;
const log = openLog('gateway');
await untilStopped(log, async () => {
  const tokens = internalTokens(
    required(
      env,
      'ROLLCALL_INTERNAL_SECRET',
      'the secret shared by the gateway and the services, 32 characters or more',
    ),
  );
  const upstreams = (['membership', 'consent', 'retention'] as const).map((service): Upstream => {
    return { service, url: urlOf(env, service), paths: PATHS[service] };
  });
  const transport = transportFrom(env, 'rollcall-gateway', log);
  const tracing = await tracingFrom(env, 'gateway');
  const kit = await openService(gateway, env, transport, log, tracing);
  const authenticator = tokensOrKeys(tokens.authenticator, keyAuthenticator(kit));
  const operator = () =>
    tokens.issue({ keyId: v7(), tenantId: '00000000-0000-0000-0000-000000000000', scopes: ['operator'] });
  const controls = [localControl(kit), ...upstreams.map(({ service, url }) => remoteControl(service, url, operator))];
  const running = await runProcess({
    kits: [kit],
    transport,
    authenticator,
    port: Number(env['PORT'] ?? 3000),
    metrics: metricsAddress(env),
    proxies: proxiesIn(env),
    tracing,
    log,
    providers: [{ provide: CONTROLS, useValue: controls }],
    middleware: (app) => {
      app.use(proxyTo(upstreams, authenticator, (principal) => tokens.issue(principal), log));
      serveDocumentation(app);
    },
  });
  const first = await firstOrganisation(kit, env);
  if (first) process.stdout.write(`The first access key, shown once: ${first.key}\n`);
  return running;
});
