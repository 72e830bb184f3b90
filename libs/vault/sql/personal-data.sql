-- Values that identify a person, encrypted under that person's key. The tag stands at the end of the ciphertext.
create table personal_data (
  tenant_id uuid not null,
  subject_id uuid not null,
  field text not null,
  ciphertext bytea not null,
  nonce bytea not null check (octet_length(nonce) = 12),
  key_version integer not null,
  primary key (tenant_id, subject_id, field)
);
alter table personal_data enable row level security;
alter table personal_data force row level security;
create policy tenant on personal_data to :app, :relay
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
grant select, insert, update, delete on personal_data to :app, :relay;
