-- One live key a person, wrapped by the organisation's. A destroyed key stays as a tombstone for good: a first key is
-- always version 1 and collides with it; a later version needs an explicit permission.
create table :keys.subject_keys (
  tenant_id uuid not null,
  subject_id uuid not null,
  key_version integer not null check (key_version > 0),
  wrapped bytea,
  state text not null check (state in ('live', 'destroyed')),
  permitted boolean not null default false,
  created_at timestamptz not null,
  destroyed_at timestamptz,
  primary key (tenant_id, subject_id, key_version),
  check ((state = 'live') = (wrapped is not null)),
  check ((state = 'destroyed') = (destroyed_at is not null)),
  check (key_version = 1 or permitted)
) with (
  -- An updated row leaves its old version, with the key in it, until vacuum: let it come at once.
  autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0
);
create unique index one_live_key on :keys.subject_keys (tenant_id, subject_id) where state = 'live';

create function :keys.keep_destroyed() returns trigger language plpgsql as $$
begin
  raise exception 'a destroyed key stays destroyed';
end $$;
create trigger keep_destroyed before update on :keys.subject_keys
  for each row when (old.state = 'destroyed') execute function :keys.keep_destroyed();

alter table :keys.subject_keys enable row level security;
alter table :keys.subject_keys force row level security;
create policy tenant on :keys.subject_keys to :app, :relay
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
grant select, insert, update (state, wrapped, destroyed_at) on :keys.subject_keys to :app, :relay;
