import type { Slice } from '#nest';
import { OBJECTIONS, ObjectionsProcessor } from './objections.processor.js';
import { objectionsTable } from './objections.read-model.js';

/** Who objected to being written to. */
export const objections: Slice = {
  controllers: [ObjectionsProcessor],
  processors: [{ name: OBJECTIONS, topics: ['rollcall.retention'] }],
  tables: [objectionsTable],
  holdings: [{ title: 'Objections of yours to being written to', table: 'objections', about: 'person_id = $2' }],
};
