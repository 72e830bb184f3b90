-- A deadline is a row: this command is to be issued to this stream at due_at. fire_at is due_at, or later after a failure.
-- The row lock of the sweeper's transaction is the lease; the database ends it after idle_in_transaction_session_timeout.
create table deadlines (
  tenant_id uuid not null,
  stream_id text not null,
  name text not null,
  due_at timestamptz not null,
  fire_at timestamptz not null,
  command text not null,
  correlation_id uuid not null,
  causation_id uuid not null,
  attempts integer not null default 0,
  failure text,
  primary key (tenant_id, stream_id, name)
);
create index deadlines_fire_at on deadlines (fire_at);
alter table deadlines enable row level security;
alter table deadlines force row level security;
create policy tenant on deadlines to :app, :relay
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
create policy relay_sweeps on deadlines to :relay using (true) with check (true);
grant select, insert, update, delete on deadlines to :app, :relay;
