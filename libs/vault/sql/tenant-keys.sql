-- One key an organisation, wrapped by the key-encryption key that is never in the database.
create table :keys.tenant_keys (
  tenant_id uuid primary key,
  wrapped bytea not null,
  created_at timestamptz not null
);
alter table :keys.tenant_keys enable row level security;
alter table :keys.tenant_keys force row level security;
create policy tenant on :keys.tenant_keys to :app, :relay
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
grant select, insert on :keys.tenant_keys to :app, :relay;
