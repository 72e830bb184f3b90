import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';
import { describeApi } from './documentation.js';

const FILE = new URL('./openapi.json', import.meta.url);
let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

describe('the OpenAPI document', () => {
  it('is the one the routes declare; npm run docs:openapi writes it anew', () => {
    const document = `${JSON.stringify(describeApi(app.nest), null, 2)}\n`;
    if (process.env['UPDATE_DOCS']) writeFileSync(FILE, document);
    expect(readFileSync(FILE, 'utf8')).toBe(document);
  });

  it('is served, with a page to read it that loads nothing from elsewhere', async () => {
    expect((await app.get('/openapi.json', { key: null })).body['openapi']).toBe('3.1.0');
    const page = await app.get('/docs', { key: null });
    expect(page.status).toBe(200);
    expect(JSON.stringify(page.body)).not.toMatch(/src=\\"https?:/);
  });

  it('names a scope-checked answer and the problem document for every route under /v1', async () => {
    const { paths } = (await app.get('/openapi.json', { key: null })).body as unknown as {
      paths: Record<string, Record<string, { summary?: string; responses: object }>>;
    };
    const routes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => ({ path, method, route })));
    expect(routes.length).toBeGreaterThan(40);
    for (const { route } of routes) {
      expect(route.summary).toBeTruthy();
      expect(Object.keys(route.responses)).toEqual(expect.arrayContaining(['400', '401', '403', '404']));
    }
  });
});
