import type { Slice } from '#nest';
import { ANNOUNCEMENTS, AnnouncementsProcessor } from './announcements.processor.js';

/** What is mailed because something else happened. */
export const announcements: Slice = {
  controllers: [AnnouncementsProcessor],
  processors: [{ name: ANNOUNCEMENTS, topics: ['rollcall.consent', 'rollcall.membership'] }],
};
