import type { Slice } from '#nest';
import { InvitationPageController } from './invitation-page.controller.js';
import { InvitationPage } from './page.js';

/** The page an invitation opens. */
export const invitationPage: Slice = {
  controllers: [InvitationPageController],
  providers: [InvitationPage],
};
