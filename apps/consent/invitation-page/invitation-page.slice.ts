import type { Slice } from '#nest';
import { Attempts, attemptsTable } from './attempts.js';
import { InvitationPageController } from './invitation-page.controller.js';
import { oneTimeCodesTable } from './one-time-code.js';
import { InvitationPage } from './page.js';

/** The page an invitation opens. */
export const invitationPage: Slice = {
  controllers: [InvitationPageController],
  providers: [Attempts, InvitationPage],
  tables: [oneTimeCodesTable, attemptsTable],
};
