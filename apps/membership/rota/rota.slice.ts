import { rota as decider } from '#domain';
import type { Slice } from '#nest';
import { ROTA, RotaProcessor } from './changes.processor.js';
import { RotaController } from './rota.controller.js';
import { rotaProjections, rotaTables } from './rota.read-model.js';

/** How those who run a group share the duty, and who is rung when none of them is there. */
export const rota: Slice = {
  controllers: [RotaController, RotaProcessor],
  processors: [{ name: ROTA, topics: ['rollcall.membership'] }],
  deciders: [decider],
  projections: rotaProjections,
  tables: rotaTables,
  holdings: [
    {
      title: 'Turns you have in looking after groups, and where you are counted on out of hours',
      table: 'rotas',
      about: `$2 = any(settled_by) or shifts::text like '%' || $2::text || '%' or out_of_hours::text like '%' || $2::text || '%'`,
      at: 'since',
    },
    {
      title: 'That you know you are counted on out of hours',
      table: 'rota_acknowledgements',
      about: 'person_id = $2',
      at: 'at',
    },
  ],
};
