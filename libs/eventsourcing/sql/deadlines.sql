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

-- Takes out, for whoever fires them, one page of the rows due between two instants, the earliest first; of one lane, which is the streams
-- whose hash cut down by the mask is its number. What another transaction has locked is passed over; what was moved between looking and
-- locking stays. Where statistics are old the planner would collect and sort all that is due for every page: it must walk the index.
create function take_due(since timestamptz, until timestamptz, mask integer, lane integer, page integer)
  returns setof deadlines language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
begin
  return query delete from deadlines where ctid = any(array(
      select d.ctid from deadlines d where d.fire_at between since and until and hashtext(d.stream_id) & mask = lane
      order by d.fire_at limit page for update skip locked
    )) returning *;
end $$;
