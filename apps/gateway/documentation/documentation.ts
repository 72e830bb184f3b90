import { existsSync, readFileSync } from 'node:fs';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ProblemSchema } from '#nest';

const FILE = new URL('./openapi.json', import.meta.url);

/** The OpenAPI 3.1 document of an application, as its routes declare it. */
export function describeApi(app: NestExpressApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Rollcall')
    .setVersion('1')
    .setDescription(
      'Who is in which group, with whose consent, out by when, and the proof. Errors are RFC 9457 problem documents; every POST takes an Idempotency-Key.',
    )
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An access key' }, 'key')
    .build();
  const document = SwaggerModule.createDocument(app, about, {
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}.${method}`,
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: ProblemSchema as object },
  };
  return document;
}

/** Serves the committed document of the whole product at /openapi.json and a page to read and try it at /docs. */
export function serveDocumentation(app: NestExpressApplication): void {
  if (!existsSync(FILE)) throw new Error('openapi.json is missing; make it with: npm run docs:openapi');
  const document = JSON.parse(readFileSync(FILE, 'utf8')) as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json', customSiteTitle: 'Rollcall API' });
}
