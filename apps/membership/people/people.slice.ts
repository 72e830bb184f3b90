import { person } from '#domain';
import type { Slice } from '#nest';
import { PeopleController } from './people.controller.js';
import { peopleProjections, peopleTables } from './people.read-model.js';

/** Who is known, by which identifiers and in which categories; personal values are in the vault. */
export const people: Slice = {
  controllers: [PeopleController],
  deciders: [person],
  projections: peopleProjections,
  tables: peopleTables,
};
