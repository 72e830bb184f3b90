import type { Slice } from '#nest';
import { MembersController } from './members.controller.js';
import { OpinionController } from './opinion.controller.js';

export const members: Slice = { controllers: [MembersController, OpinionController] };
