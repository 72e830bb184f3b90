import { conversation } from '#domain';
import type { Slice } from '#nest';
import { withVault } from '../holdings/cases.js';
import { ConversationsController } from './conversations.controller.js';
import { conversationsProjection, conversationsTable } from './conversations.read-model.js';

/** Conversations as a last resort. */
export const conversations: Slice = {
  controllers: [ConversationsController],
  deciders: [conversation],
  projections: [conversationsProjection],
  tables: [conversationsTable],
  holdings: [
    {
      title: 'When you were written to in the app, or wrote to somebody, because nothing else worked',
      table: 'conversations',
      about: '$2 in (person_id, worker_id)',
      inGroup: 'group_id = $2',
      at: 'asked_at',
      hidden: ['version'],
      words: withVault('conversationId'),
      // Why it was urgent is about the person; that they were written to, by whom and when, stays.
      erase: async (kit, tx, { personId }) => {
        const mine = await tx.query<{ conversationId: string }>(
          'select conversation_id as "conversationId" from conversations where tenant_id = $1 and person_id = $2',
          [tx.tenantId, personId],
        );
        for (const { conversationId } of mine) await kit.vault.erase(tx, conversationId);
      },
    },
  ],
};
