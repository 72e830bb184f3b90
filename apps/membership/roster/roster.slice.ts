import { roster as decider } from '#domain';
import type { Slice } from '#nest';
import { CHAT_EVIDENCE, ChatEvidenceProcessor } from './chat-evidence.processor.js';
import { RosterController } from './roster.controller.js';
import { rosterProjections, rosterTables } from './roster.read-model.js';

export const roster: Slice = {
  controllers: [RosterController, ChatEvidenceProcessor],
  processors: [{ name: CHAT_EVIDENCE, topics: ['rollcall.retention'] }],
  deciders: [decider],
  projections: rosterProjections,
  tables: rosterTables,
};
