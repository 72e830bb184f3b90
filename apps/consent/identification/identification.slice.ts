import type { Slice } from '#nest';
import { Attempts, attemptsTable } from './attempts.js';
import { oneTimeCodesTable } from './one-time-code.js';

/** How whoever opened an invitation shows that they are the one it is for. */
export const identification: Slice = { providers: [Attempts], tables: [oneTimeCodesTable, attemptsTable] };
