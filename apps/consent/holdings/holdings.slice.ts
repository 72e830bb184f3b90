import type { Transaction } from '#eventsourcing';
import type { Row, ServiceKit, Slice } from '#nest';
import { wordsOf } from '../messages/messages.js';
import { textOf } from '../texts/texts.read-model.js';
import { DevicesController } from './devices.controller.js';
import { forgetCodes } from './holdings.read-model.js';

type Kind = Parameters<typeof textOf>[3];

/** Adds the exact words of the versions that rows name: whoever agreed to a text is shown that text. */
const withTexts =
  (versions: Readonly<Record<string, Kind>>) => async (kit: ServiceKit, tx: Transaction, rows: readonly Row[]) => {
    const all: Row[] = [];
    for (const row of rows) {
      const texts: Record<string, string> = {};
      for (const [column, kind] of Object.entries(versions)) {
        const version = row[column];
        if (typeof version !== 'string') continue;
        const text = await textOf(kit, tx, String(row['groupId']), kind, version);
        if (text) texts[`${kind}Text`] = text.body;
      }
      all.push({ ...row, ...texts });
    }
    return all;
  };

/** Adds the words of messages. A code is proof of being the person: it is shown to nobody. */
async function withWords(kit: ServiceKit, tx: Transaction, rows: readonly Row[]): Promise<Row[]> {
  const all: Row[] = [];
  for (const row of rows) {
    const about = { messageId: String(row['messageId']), personId: String(row['personId']) };
    const words = row['kind'] === 'one_time_code' ? 'absent' : await wordsOf(kit, tx, about);
    all.push(typeof words === 'string' ? row : { ...row, ...words });
  }
  return all;
}

/** What this service holds about people, table by table; the words of texts and messages are in the vault. */
export const holdings: Slice = {
  controllers: [DevicesController],
  holdings: [
    {
      title: 'What you were shown and agreed to, with the words of the texts',
      table: 'consents',
      about: '$2 in (person_id, recorded_by)',
      words: withTexts({ noticeVersion: 'notice', agreementVersion: 'agreement' }),
    },
    {
      title: 'Agreements of groups that you accepted, with their words',
      table: 'acceptances',
      about: 'person_id = $2',
      at: 'accepted_at',
      words: withTexts({ version: 'agreement' }),
    },
    {
      title: 'Welcomes you were sent or are owed',
      table: 'briefings',
      about: 'recipient = $2::uuid::text',
      at: 'due_at',
    },
    {
      title: 'How you are reached instead of in a group',
      table: 'alternative_channels',
      about: '$2 in (person_id, attested_by)',
      at: 'since',
    },
    {
      title: 'Invitations for you, or issued by you',
      table: 'invitations',
      about: '$2 in (person_id, issuer_id)',
      at: 'issued_at',
      hidden: ['token_hash'],
    },
    {
      title: 'Codes that were sent to you to prove who you are',
      table: 'one_time_codes',
      about: 'person_id = $2',
      hidden: ['code_hash'],
      erase: (_, tx, { personId }) => forgetCodes(tx, personId),
    },
    {
      title: 'Messages that were sent to you, or were to be',
      table: 'messages',
      about: 'person_id = $2',
      at: 'due_at',
      words: withWords,
    },
    { title: 'Documents you said you have read', table: 'acknowledgements', about: 'person_id = $2', at: 'at' },
    { title: 'Roles you have', table: 'role_holders', about: 'person_id = $2' },
    { title: 'Whether you use a device of your own', table: 'own_devices', about: 'person_id = $2' },
    {
      title: 'Checks of understanding you took part in',
      table: 'comprehension_outcomes',
      about: 'person_id = $2',
      at: 'at',
    },
    {
      title: 'Other ways by which you are told what the group is told',
      table: 'follow_ups',
      about: '$2 in (person_id, confirmed_by)',
      at: 'since',
    },
    { title: 'Why you last had to leave a group', table: 'removal_triggers', about: 'person_id = $2' },
    { title: 'Groups whose texts name you as running them', table: 'text_moderators', about: 'person_id = $2' },
    {
      title: 'Texts of groups that name you',
      table: 'texts',
      about: '$2 = any(names)',
      inGroup: 'group_id = $2',
      at: 'validated_at',
      words: async (kit, tx, rows) => {
        const all: Row[] = [];
        for (const row of rows) {
          const text = await textOf(kit, tx, String(row['groupId']), row['kind'] as Kind, String(row['version']));
          all.push(text ? { ...row, text: text.body } : row);
        }
        return all;
      },
    },
    { title: 'The agreement of the group', table: 'agreements', inGroup: 'group_id = $2' },
  ],
};
