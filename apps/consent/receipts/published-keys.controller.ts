import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { validate } from 'uuid';
import { notFound, ServiceKit } from '#nest';
import { publishedKeys } from './keys.js';

/** The keys that verify receipts, for anybody: no access key is asked for. An organisation nobody knows has none, as one without receipts. */
@ApiExcludeController()
@Controller('i')
export class PublishedKeysController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Get(':organisationId/keys.json')
  async keys(@Param('organisationId') organisationId: string, @Res() response: Response): Promise<void> {
    if (!validate(organisationId)) throw notFound('thing');
    const keys = await this.kit.database.inTenant(organisationId, (tx) => publishedKeys(this.kit, tx));
    response
      .set({ 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' })
      .type('application/jwk-set+json')
      .send(JSON.stringify(keys));
  }
}
