import { Type, type TEnum } from 'typebox';

/** Opaque identifiers: they name a row, never a person. */
export const Id = Type.String({ format: 'uuid' });
/** RFC 3339 in UTC with milliseconds. */
export const Instant = Type.String({ format: 'date-time' });
/** One of these words. */
export const oneOf = <const W extends string[]>(...words: W): TEnum<W> => Type.Enum(words) as unknown as TEnum<W>;
/** A word from a profile or a source, machine-readable; no free text fits. */
export const Term = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$' });
/** A keyed, salted fingerprint of an outside identifier: equal for equal inputs of one organisation, meaningless to others. */
export const Commitment = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
/** ISO 8601 duration. */
export const Duration = Type.String({
  pattern: '^P(?!$)(\\d+Y)?(\\d+M)?(\\d+W)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+S)?)?$',
});

export const Category = oneOf(
  'member',
  'registered_supporter',
  'society_member',
  'student_group_member',
  'committee',
  'staff',
  'agent',
  'volunteer',
  'service_user',
  'project_participant',
  'steering_member',
  'forum_member',
  'partner_staff',
  'citizen',
);

/** Why somebody has to leave a group; each has its own time limit in `removal_sla`. */
export const RemovalTrigger = oneOf(
  'membership_ended',
  'activity_ended',
  'role_ended',
  'on_request',
  'conduct',
  'age',
  'consent_withdrawn',
  'consent_expired',
  'not_entitled',
);

/** What has to be on record before a moderator's role counts. */
export const Prerequisite = oneOf(
  'policy_ack',
  'agreement_ack',
  'availability',
  'out_of_hours_plan',
  'urgent_contacts',
);

export const LinkKind = oneOf('hrId', 'crmId', 'studentRef', 'phone', 'whatsappId', 'alias');
