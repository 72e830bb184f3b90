import { FEEDS_TOPIC } from '#bus';
import type { Slice } from '#nest';
import { FeedsController } from './feeds.controller.js';
import { FeedsProcessor } from './feeds.processor.js';
import { FEEDS_PROCESSOR } from './feeds.read-model.js';

/** What HR and CRM systems report: leavers, statuses, dates of birth, ends of activities; over HTTP and over the bus. */
export const feeds: Slice = {
  controllers: [FeedsController, FeedsProcessor],
  processors: [{ name: FEEDS_PROCESSOR, topics: [FEEDS_TOPIC] }],
};
