import { Type } from 'typebox';
import { closed, Recorded, uuid } from '#nest';

export const ReceiptQuery = Type.Object({ personId: uuid, groupId: uuid }, closed);
export const Receipt = Type.Object({
  receipt: Type.Object(
    {},
    { description: 'JSON-LD in the form of ISO/IEC TS 27560, with terms of the Data Privacy Vocabulary' },
  ),
  jws: Type.String({ description: 'The same, signed (EdDSA, compact JWS)' }),
  keys: Type.String({ description: 'Where the keys that verify it are published; needs no access key' }),
});
export const KeyRotated = Type.Object({ kid: Type.String(), ...Recorded });
