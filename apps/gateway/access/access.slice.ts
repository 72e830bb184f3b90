import { accessKey, organisation } from '#domain';
import type { Slice } from '#nest';
import { KeysController, OrganisationController, OrganisationsController } from './access.controller.js';
import { accessKeys, accessKeyTable } from './access.read-model.js';

/** Organisations and their keys. */
export const access: Slice = {
  controllers: [OrganisationsController, OrganisationController, KeysController],
  deciders: [organisation, accessKey],
  projections: [accessKeys],
  tables: [accessKeyTable],
};
