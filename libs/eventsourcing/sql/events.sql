-- The log. The body holds the exact bytes that are hashed, published and returned.
-- Append-only by privilege: the application may insert and select, nobody at run time may do more.
create table events (
  tenant_id uuid not null,
  stream_id text not null,
  version integer not null check (version > 0),
  event_id uuid not null,
  type text not null,
  body text not null check (octet_length(body) <= 262144),
  primary key (tenant_id, stream_id, version),
  unique (tenant_id, event_id)
);
alter table events enable row level security;
alter table events force row level security;
create policy tenant on events to :app, :relay
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
create policy relay_reads on events for select to :relay using (true);
grant select, insert on events to :app, :relay;
