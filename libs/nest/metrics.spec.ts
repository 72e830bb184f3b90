import { describe, expect, it } from '@jest/globals';
import type { NextFunction, Request, Response } from 'express';
import { parseScrape, type Sample } from '../testing/prometheus.js';
import { openLog } from './log.js';
import { metricsAddress, openMetrics, serveMetrics } from './metrics.js';
import { createApp } from './process.js';
import type { ServiceKit } from './service.js';

const valueOf = (samples: readonly Sample[], name: string, labels: Sample['labels'] = {}) =>
  samples.find((sample) => sample.name === name && Object.entries(labels).every(([of, is]) => sample.labels[of] === is))
    ?.value;

/** A service whose database takes every question and answers none, and how often it was asked. */
function silentService() {
  const asked = { times: 0 };
  const database = { onDenied: () => undefined, asRelay: () => new Promise(() => void asked.times++) };
  const kit = { name: 'consent', database, store: { onAppend: () => undefined }, faults: async () => ({}) };
  return { asked, kit: kit as unknown as ServiceKit };
}

describe('metrics', () => {
  it('[R52] a scrape does not wait for a database that is silent, nor asks it twice at a time', async () => {
    const { kit, asked } = silentService();
    const metrics = openMetrics([kit], 1);
    for (const scrape of [await metrics.text(), await metrics.text()]) {
      expect(valueOf(parseScrape(scrape), 'rollcall_up', { service: 'consent' })).toBe(0);
      expect(valueOf(parseScrape(scrape), 'rollcall_ready', { service: 'consent' })).toBe(0);
      expect(scrape).toContain('process_cpu_seconds_total');
    }
    expect(asked.times).toBe(1);
  });

  it('[R52] each process object counts by itself', async () => {
    const { kit } = silentService();
    const metrics = [openMetrics([kit], 1), openMetrics([kit], 1)];
    for (const each of metrics) expect(await each.text()).toContain('rollcall_events_appended_total');
  });

  it('[R52] a request that was handed on is counted under the service it went to, a failure of ours as a fault', async () => {
    const metrics = openMetrics([]);
    const app = await createApp(
      {
        kits: [],
        authenticator: { authenticate: async () => undefined },
        log: openLog('test', 'silent'),
        middleware: (nest) =>
          nest.use('/v1/groups', (_request: Request, response: Response, next: NextFunction) => {
            response.locals.route = 'handed on to membership';
            next(new Error('broken'));
          }),
      },
      metrics,
    );
    await app.listen(0, '127.0.0.1');
    const { status } = await fetch(`${await app.getUrl()}/v1/groups/0198?name=Canaria`);
    expect(status).toBe(500);
    const samples = parseScrape(await metrics.text());
    await app.close();
    const labels = { method: 'GET', route: 'handed on to membership', status: '500' };
    expect(valueOf(samples, 'rollcall_http_requests_total', labels)).toBe(1);
    expect(valueOf(samples, 'rollcall_http_faults_total')).toBe(1);
  });

  it('have a port only where one is set, and stay on the loopback unless told otherwise', () => {
    expect(metricsAddress({})).toBeUndefined();
    expect(metricsAddress({ METRICS_PORT: '' })).toBeUndefined();
    expect(metricsAddress({ METRICS_PORT: '9464' })).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(metricsAddress({ METRICS_PORT: '9464', METRICS_HOST: '::' })).toEqual({ host: '::', port: 9464 });
    for (const port of ['65536', '-1', '9464x', '1e3'])
      expect(() => metricsAddress({ METRICS_PORT: port })).toThrow('METRICS_PORT');
  });

  it('do not start on a port that is taken', async () => {
    const served = await serveMetrics(openMetrics([]), { host: '127.0.0.1', port: 0 });
    const port = Number(new URL(served.url).port);
    await expect(serveMetrics(openMetrics([]), { host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
    await served.close();
  });
});
