/**
 * The 40 parameters of a policy: what each may hold. One declaration gives both the TypeScript type and the JSON Schema;
 * `policies/defaults.yaml` says in words what each is for and gives its default.
 */
import { type Static, type TArray, type TEnum, type TSchema, Type } from 'typebox';

/** An ISO 8601 duration of whole units, longer than nothing and within our calendar's reach: `P2D`, `PT1H`, `P1Y`. */
export type Duration = `P${string}`;

const duration = Type.Unsafe<Duration>({
  type: 'string',
  pattern:
    '^P(?=.*[1-9])(?=[0-9]|T[0-9])([0-9]{1,2}Y)?([0-9]{1,3}M)?([0-9]{1,3}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,4}H)?([0-9]{1,4}M)?)?$',
});
const key = Type.String({ pattern: '^[a-z][a-z0-9_]{0,59}$' });
const clockTime = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' });
const count = Type.Integer({ minimum: 0, maximum: 100_000 });
const exactly = { additionalProperties: false };
const unique = { uniqueItems: true };

/** The obligation ids a profile, or one row of it, answers. */
export const obligationIds = Type.Array(Type.String({ pattern: '^(LD|HSU|CN|AMZ|BR)-[0-9]{2,3}$' }), unique);

const oneOf = <const V extends string[]>(...values: V): TEnum<V> => Type.Enum<V>([...values]);
const setOf = <const V extends string[]>(...values: V): TArray<TEnum<V>> => Type.Array(oneOf(...values), unique);
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

const rejoin = oneOf('if_eligible', 'after_date', 'barred');
const verdict = oneOf('never', 'with_care', 'via_comms', 'contact_only', 'free');
const bySensitivity = Type.Object({ sensitive: verdict, non_sensitive: verdict, unknown: verdict }, exactly);
const moderatorKinds = [
  ...(['organiser', 'leader', 'committee', 'rep'] as const),
  ...(['trusted_volunteer', 'partner_staff', 'named_member', 'named_officer'] as const),
] as const;
const adminKindMinimum = Type.Object({ kind: oneOf(...moderatorKinds), min: count }, exactly);

const removalSla = Type.Object(
  {
    membership_ended: duration,
    activity_ended: duration,
    role_ended: duration,
    on_request: duration,
    conduct: duration,
    age: duration,
    not_entitled: duration,
  },
  exactly,
);

const admission = {
  eligible_categories: orNull(
    setOf(
      ...(['member', 'registered_supporter', 'society_member', 'student_group_member', 'committee'] as const),
      ...(['staff', 'agent', 'volunteer', 'service_user', 'project_participant'] as const),
      ...(['steering_member', 'forum_member', 'partner_staff', 'citizen'] as const),
    ),
  ),
  guest_access: oneOf('none', 'time_boxed'),
  min_age: orNull(Type.Integer({ minimum: 0, maximum: 120 })),
  join_routes: setOf('admin_add', 'personal_invite', 'emailed_link', 'qr', 'staff_issued_link'),
  add_authority: Type.Object(
    { roles: setOf('group_admin', 'committee', 'staff'), open_proposals: Type.Boolean() },
    exactly,
  ),
  consent_methods: setOf('verbal', 'written', 'link_opt_in', 'join_after_notice'),
  notice_items: setOf(
    ...(['purpose', 'duration', 'phone_visibility', 'who_may_join', 'rules', 'confidentiality'] as const),
    ...(['org_record', 'privacy_rights', 'not_vetted', 'operator_metadata', 'capture_risk'] as const),
  ),
  phone_storage: oneOf('never', 'with_consent', 'contacts_directory'),
  nonjoiner_channel: Type.Boolean(),
};

const moderation = {
  admin_count: Type.Object(
    {
      min: count,
      max: orNull(count),
      enforce: oneOf('warn', 'block'),
      kinds: Type.Array(adminKindMinimum, unique),
    },
    exactly,
  ),
  staff_moderators_min: Type.Object(
    { min: count, per_members: orNull(Type.Integer({ minimum: 1, maximum: 100_000 })) },
    exactly,
  ),
  co_moderators: setOf(...moderatorKinds),
  moderator_prereqs: setOf('policy_ack', 'agreement_ack', 'availability', 'out_of_hours_plan', 'urgent_contacts'),
  moderator_reaffirm_every: orNull(duration),
};

const texts = {
  name_rule: Type.Object(
    {
      official_marker: Type.Boolean(),
      reserved_terms: Type.Array(Type.String({ minLength: 2, maxLength: 100 }), unique),
      unofficial_marker: Type.Boolean(),
      no_moderator_statement: Type.Boolean(),
      /** What groups of a type may count as; anything where it is left out. */
      standings: Type.Optional(setOf('official', 'unofficial', 'social')),
      /** Whether a group without staff among those who run it cannot count as official. */
      official_needs_staff: Type.Optional(Type.Boolean()),
    },
    exactly,
  ),
  description_items: setOf(
    ...(['organisation', 'phone_consent', 'agreement_link', 'admin_names', 'concern_route'] as const),
    ...(['confidentiality', 'conduct_standard', 'quiet_hours', 'no_private_messages', 'named_contact'] as const),
  ),
  agreement_topics: Type.Array(key, unique),
  agreement_recirculate_every: orNull(duration),
  welcome_on: setOf('invitation', 'member_join', 'group_start'),
  load_limits: Type.Object({ plan_at_group_size: orNull(count), warn_groups_per_person: orNull(count) }, exactly),
};

const removal = {
  removal_sla: removalSla,
  conduct_ladder: Type.Object(
    {
      steps: setOf(
        ...(['remind', 'redirect', 'direct_contact', 'ask_delete', 'monitor'] as const),
        ...(['report_manager', 'suspend', 'remove', 'expel'] as const),
      ),
      mode: oneOf('strict', 'judgement'),
    },
    exactly,
  ),
  permanent_removal_by: oneOf('any_admin', 'staff_moderator_agrees'),
  removal_notify: Type.Array(
    Type.Object(
      {
        who: oneOf('other_moderators', 'mailbox'),
        when: oneOf('conduct_removal', 'permanent_removal'),
        mailbox: orNull(key),
        within: orNull(duration),
      },
      exactly,
    ),
  ),
  rejoin_after_removal: Type.Object({ conduct: rejoin, permanent: rejoin, other: rejoin }, exactly),
  roster_review_every: Type.Union([duration, oneOf('on_directory_review'), Type.Null()]),
};

const usage = {
  audience_matrix: Type.Object(
    {
      colleague: bySensitivity,
      partner: bySensitivity,
      customer: bySensitivity,
      public: bySensitivity,
      citizen: bySensitivity,
    },
    exactly,
  ),
  content_rules: Type.Array(
    Type.Object(
      {
        topic: key,
        verdict: oneOf('never', 'not_sole', 'emergency_only', 'form_required', 'with_care', 'free'),
        redirect: orNull(key),
        obligations: obligationIds,
      },
      exactly,
    ),
  ),
  use_justification: Type.Object(
    {
      level: oneOf('none', 'last_resort', 'per_contact'),
      deviation_risk_assessment: Type.Boolean(),
      /** Whether the group types of the profile are all that the app may be used for. */
      only_named_uses: Type.Optional(Type.Boolean()),
    },
    exactly,
  ),
  quiet_hours: orNull(Type.Object({ from: clockTime, to: clockTime, mode: oneOf('advise', 'rule') }, exactly)),
};

const retention = {
  retention_period: Type.Union([duration, oneOf('schedule', 'UNSET'), Type.Null()]),
  deletion_by: oneOf('sender', 'admin'),
  hold_on_inquiry: Type.Boolean(),
  disappearing_messages: oneOf('recommended', 'neutral', 'incompatible'),
  disclosure_rights: setOf('SAR', 'FOI', 'erasure'),
  idle_close_after: orNull(duration),
};

const followUp = {
  followup_rules: Type.Array(
    Type.Object(
      {
        trigger: key,
        channels: setOf('email', 'phone', 'meeting', 'case_system'),
        deadline: orNull(duration),
        obligations: obligationIds,
      },
      exactly,
    ),
  ),
  incident_routes: Type.Array(
    Type.Object(
      {
        category: key,
        steps: Type.Array(key, unique),
        recipients: Type.Array(key, { ...unique, minItems: 1 }),
        deadline: orNull(duration),
        obligations: obligationIds,
      },
      exactly,
    ),
  ),
  acknowledgements: Type.Array(
    Type.Object(
      {
        role: key,
        document: key,
        cadence: Type.Union([duration, oneOf('once', 'each_version', 'ad_hoc', 'on_own_device')]),
        obligations: obligationIds,
      },
      exactly,
    ),
  ),
  policy_review: orNull(
    Type.Object(
      {
        first_due: orNull(Type.String({ pattern: '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' })),
        every: duration,
        owner: orNull(key),
      },
      exactly,
    ),
  ),
};

/** Every parameter by its machine name, with the schema of a complete value. */
export const parameterSchemas = {
  ...admission,
  ...moderation,
  ...texts,
  ...removal,
  ...usage,
  ...retention,
  ...followUp,
};

/** What a profile may state: as above, but a removal deadline may be left to the default, trigger by trigger. */
export const profileValueSchemas = { ...parameterSchemas, removal_sla: Type.Partial(removalSla, exactly) };

/** The machine names of the 40 parameters. */
export type ParameterName = keyof typeof parameterSchemas;

/** A complete value for each parameter. */
export type PolicyParameters = { readonly [N in ParameterName]: Static<(typeof parameterSchemas)[N]> };

/** The values a profile may state; `removal_sla` trigger by trigger. */
export type ProfileValues = { readonly [N in ParameterName]: Static<(typeof profileValueSchemas)[N]> };

/** The values an organisation may state in place of the profile's: any of them, none left blank. */
export type OrganisationValues = { readonly [N in ParameterName]?: Exclude<ProfileValues[N], 'UNSET'> };

/** Why somebody has to leave a group; `not_entitled` is whoever a roster shows without a right to be there. */
export type RemovalTrigger = keyof PolicyParameters['removal_sla'];
