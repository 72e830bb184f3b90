import { event } from './language.js';
import { Id, oneOf } from './terms.js';

/** For how long the app shows a message before it takes it away; `off` where it does not. */
export const DisappearingSetting = oneOf('off', 'P1D', 'P7D', 'P90D');

/** What is set in the app itself, by somebody's word. */
export const disappearingEvents = {
  DisappearingMessagesSet: event(
    'Somebody says how the app is set to take messages away; no evidence that any is gone',
    {
      groupId: Id,
      setting: DisappearingSetting,
      attestedBy: Id,
    },
  ),
};
