import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

export const KeptQuery = Type.Object({ ...PageQuery, groupId: Type.Optional(uuid) }, closed);

const kept = {
  itemId: uuid,
  groupId: uuid,
  captureId: uuid,
  personId: orNull(uuid),
  sentAt: instant,
  commitment: Type.String({ description: 'Keyed fingerprint (HMAC-SHA-256) of what was said, by whom and when' }),
  attachments: Type.Integer({ minimum: 0 }),
};
export const KeptPage = pageOf(Type.Object(kept));
export const KeptView = Type.Object({ ...kept, message: Reference });
