import { texts as textsDecider } from '#domain';
import type { Slice } from '#nest';
import { GroupFactsProcessor, groupFactsTables, TEXTS } from './group-facts.js';
import { TEXT_POLICIES, TextPoliciesProcessor } from './policy-changes.processor.js';
import { TextsController } from './texts.controller.js';
import { currentTextsProjection, currentTextsTable, textsProjection, textsTable } from './texts.read-model.js';

/** A group's description, agreement, welcome, invitation, notice and name: checked, published and kept in every version. */
export const texts: Slice = {
  controllers: [TextsController, GroupFactsProcessor, TextPoliciesProcessor],
  processors: [
    { name: TEXTS, topics: ['rollcall.membership'] },
    { name: TEXT_POLICIES, topics: ['rollcall.gateway'] },
  ],
  deciders: [textsDecider],
  projections: [textsProjection, currentTextsProjection],
  tables: [textsTable, currentTextsTable, ...groupFactsTables],
};
