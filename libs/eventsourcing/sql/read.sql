-- The events of these streams, a row for each stream that has any: a JSON array of [version, id, type, body], in the order of the versions.
-- One text for a stream, because a row for each event costs server, driver and parser more than the events themselves do.
-- Planned once a connection, though the table grows afterwards. As in append_events, the order of the versions without a sort is what only
-- a descent of the primary key gives; asked for without it, the plan could become, and remain, a scan of all that an organisation has.
create function read_streams(tenant uuid, streams text[]) returns table (stream text, events text) language plpgsql stable
  set plan_cache_mode = force_generic_plan
  set enable_sort = off
  set enable_seqscan = off
  set enable_bitmapscan = off as $$
begin
  return query select s.id, '[' || e.found || ']' from unnest(streams) s (id) cross join lateral (
    select string_agg('[' || v.version || ',"' || v.event_id || '","' || v.type || '",' || v.body || ']', ',') as found from (
      select x.version, x.event_id, x.type, x.body from events x
        where x.tenant_id = tenant and x.stream_id = s.id order by x.version offset 0) v) e
    where e.found is not null;
end $$;
