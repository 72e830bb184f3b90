/** Why an export could not be read, in words for whoever handed it in. */
export const REASONS = {
  not_text: 'The chat is not text in UTF-8.',
  not_recognised:
    'No line begins with a date and a time as a phone writes them: this is no exported chat, or one in a form that is not known.',
  message_too_long: 'A single message is longer than a phone can send: the file is no exported chat, or was changed.',
  chat_too_long: 'The text of the chat is larger than 512 MB.',
  date_order: 'The dates fit no order of day and month, or lie in the future. Say dateOrder and timeZone.',
  no_chat: 'The zip holds no chat: export the chat again and send the file as it is.',
  several_chats: 'The zip holds more than one chat: send them one by one.',
  nested_zip: 'The zip holds another zip and no chat: send the inner one.',
  damaged_zip: 'The zip is cut off or damaged: export the chat again.',
  encrypted_zip: 'The zip is encrypted: send one without a password.',
  unsafe_name: 'The zip holds a file whose name leads out of it.',
  expands_too_much: 'The zip expands to far more than a chat.',
  too_many_files: 'The zip holds more than 20,000 files.',
  interrupted:
    'Reading was interrupted, and nothing of it was kept: send the export again, under another captureId if you gave it one.',
} as const;
export type Reason = keyof typeof REASONS;

/** What was handed in cannot be read as an exported chat. */
export class NotAChat extends Error {
  override readonly name = 'NotAChat';
  constructor(readonly reason: Reason) {
    super(reason);
  }
}
