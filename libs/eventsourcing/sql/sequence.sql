-- The global order: contiguous from 1, given after commit by the one process that holds the current epoch.
create table sequence (
  position bigint primary key,
  tenant_id uuid not null,
  stream_id text not null,
  version integer not null
);
alter table sequence enable row level security;
alter table sequence force row level security;
create policy tenant on sequence for select to :app
  using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
create policy relay_reads on sequence for select to :relay using (true);
create policy relay_numbers on sequence for insert to :relay with check (true);
grant select on sequence to :app, :relay;
grant insert on sequence to :relay;

-- head: the last position given. published: the last position handed to the bus. epoch: fences a leader that was replaced.
create table sequencer (
  single boolean primary key default true check (single),
  epoch bigint not null default 0,
  head bigint not null default 0,
  published bigint not null default 0
);
insert into sequencer default values;
grant select, update on sequencer to :relay;
grant select on sequencer to :app;

-- Numbers one page of pending events. Returns how many, the new head, and the xid below which nothing can still appear;
-- no row at all when another leader has taken over. The bound is read before the page, so it can only be too low.
-- Rows numbered earlier stay as dead rows while an old snapshot is open anywhere. The plan must not read them again: it enters by xid
-- and deletes by place, whatever the statistics say. The place of a row is its own until it is deleted, which only the one who holds the
-- epoch does.
create function number_pending(my_epoch bigint, from_xid xid8, page integer)
  returns table (taken bigint, new_head bigint, next_xid xid8) language plpgsql set enable_seqscan = off as $$
declare
  bound xid8 := pg_snapshot_xmin(pg_current_snapshot());
  old_head bigint;
  places tid[];
  n bigint;
begin
  -- Mostly there is nothing to number. That is found without the lock, whose mark in the row would have to reach the disk each time.
  if not exists (select from pending p where p.xid >= from_xid) then
    return query select 0::bigint, s.head, bound from sequencer s where s.epoch = my_epoch;
    return;
  end if;
  select head into old_head from sequencer where epoch = my_epoch for update;
  if not found then return; end if;
  select coalesce(array_agg(t.place), '{}') into places
    from (select p.ctid as place from pending p where p.xid >= from_xid order by p.ticket limit page) t;
  n := cardinality(places);
  if n > 0 then
    with gone as (
      delete from pending p where p.ctid = any(places) returning p.ticket, p.tenant_id, p.stream_id, p.version
    )
    insert into sequence (position, tenant_id, stream_id, version)
    select old_head + row_number() over (order by g.ticket), g.tenant_id, g.stream_id, g.version from gone g;
    update sequencer set head = old_head + n;
  end if;
  return query select n, old_head + n, case when n < page then bound else from_xid end;
end $$;

-- One page of the log after a position, in global order. The plan is kept, so none may be made that reads a table whole: it must walk the
-- positions and find each event by its key.
create function sequenced_after(after bigint, page integer)
  returns table ("position" bigint, tenant_id uuid, stream_id text, version integer, event_id uuid, type text, body text) language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off as $$
begin
  return query select s.position, e.tenant_id, e.stream_id, e.version, e.event_id, e.type, e.body
    from sequence s join events e on e.tenant_id = s.tenant_id and e.stream_id = s.stream_id and e.version = s.version
    where s.position > after order by s.position limit page;
end $$;
