-- Committed events that still wait for their global position; written with the event, deleted when numbered.
-- A ticket is drawn before its transaction commits, so of two events where one saw the other, the later has the higher ticket.
-- xid bounds the scan: below the oldest running writer nothing new can appear.
create table pending (
  ticket bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  tenant_id uuid not null,
  stream_id text not null,
  version integer not null
);
create index pending_xid on pending (xid);
alter table pending enable row level security;
alter table pending force row level security;
create policy tenant on pending for insert to :app, :relay
  with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
create policy relay_takes on pending for select to :relay using (true);
create policy relay_deletes on pending for delete to :relay using (true);
-- Not ticket and xid: those are the database's to give.
grant insert (tenant_id, stream_id, version) on pending to :app, :relay;
grant select, delete on pending to :relay;
