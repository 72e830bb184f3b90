import { Type } from 'typebox';
import { CertificateContent } from '#events';
import { closed, instant, pageOf, PageQuery, Recorded, uuid } from '#nest';

const ids = (description: string) => Type.Array(uuid, { minItems: 1, maxItems: 400, uniqueItems: true, description });

export const IssueCertificate = Type.Object(
  {
    certificateId: Type.Optional(uuid),
    itemIds: Type.Optional(ids('These items')),
    taskIds: Type.Optional(ids('The items of these deletion tasks')),
    groupId: Type.Optional(uuid),
    from: Type.Optional(
      Type.String({ format: 'date-time', description: 'With `groupId`: what ended at this instant or later' }),
    ),
    to: Type.Optional(
      Type.String({ format: 'date-time', description: 'With `groupId`: what ended before this instant' }),
    ),
  },
  { ...closed, description: 'Either `itemIds`, or `taskIds`, or `groupId` with `from` and `to`' },
);
export const CertificatesQuery = Type.Object(PageQuery, closed);

const contentHash = Type.String({
  description:
    'SHA-256, in hex, of `content` as canonical JSON: names sorted, no spaces, UTF-8. Count it anew to check that nothing was changed',
});
export const CertificateIssued = Type.Object({ certificateId: uuid, contentHash, ...Recorded });
const row = { certificateId: uuid, issuedAt: instant, contentHash };
export const CertificatePage = pageOf(Type.Object({ ...row, counts: CertificateContent.properties.counts }));
export const Certificate = Type.Object({
  ...row,
  content: CertificateContent,
  isVerified: Type.Boolean({ description: 'Whether the content still has the hash that the event of its issue names' }),
});
