-- Appends events of any number of streams in one statement. One array element an event; expected is the stream's version before
-- this append (0: the stream must not exist; null: whatever it is), nth counts the events of this append within their stream from 1.
-- A body is the two instants and `rest`: happened is the first as JSON text (null: when it was recorded), recorded the second. With no
-- recorded given, the statement is a transaction of its own: it then acts for the organisation itself, and asks the clock.
-- ended and what follows are what the events do to deadlines, null where they do nothing: those that end, as an array of objects with the
-- columns' names, and those that start, an array for each column; the command that is to be issued, its case and the event that set it.
-- A stream that is not at its expected version fails with 23502 on the version, or with 23505 on the primary key when two writers meet.
create function append_events(
  tenant uuid, recorded text, streams text[], expected integer[], nth integer[], ids uuid[], types text[], happened text[], rests text[],
  ended json, started text[], names text[], due text[], commands text[], cases text[], causes uuid[], out versions integer[], out recorded_at text
) language plpgsql
  -- Planned once a connection, though the table grows afterwards. That is safe because each subselect below asks for one row in the order
  -- of the versions, which without a sort only a descent of the primary key gives. As a join, or without an order, it could become, and
  -- remain, a scan of all that an organisation has.
  set plan_cache_mode = force_generic_plan
  set enable_sort = off
  set enable_seqscan = off as $$
begin
  recorded_at := coalesce(recorded, open_for(tenant::text));
  -- Deadlines first, like the sweeper, which locks a deadline and then appends: the other way round the two could block each other.
  if ended is not null then
    -- A join, so planned for every call.
    execute 'delete from deadlines d using json_populate_recordset(null::deadlines, $2) r
      where d.tenant_id = $1 and d.stream_id = r.stream_id and d.name = r.name' using tenant, ended;
  end if;
  if started is not null then
    insert into deadlines (tenant_id, stream_id, name, due_at, fire_at, command, correlation_id, causation_id)
      select tenant, r.stream, r.name, r.due::timestamptz, r.due::timestamptz, r.command, r.correlation::uuid, r.causation
      from unnest(started, names, due, commands, cases, causes) as r(stream, name, due, command, correlation, causation)
      on conflict (tenant_id, stream_id, name) do update set due_at = excluded.due_at, fire_at = excluded.due_at, command = excluded.command,
        correlation_id = excluded.correlation_id, causation_id = excluded.causation_id, attempts = 0, failure = null;
  end if;
  with input as (
    select e.*, e.n + case
        when e.want is null then coalesce((select x.version from events x
          where x.tenant_id = tenant and x.stream_id = e.stream order by x.version desc limit 1), 0)
        -- Versions have no gaps: the one wanted, or null where the stream is not that far, and no event may have that version.
        when e.want > 0 and e.n = 1 then (select x.version from events x
          where x.tenant_id = tenant and x.stream_id = e.stream and x.version >= e.want order by x.version limit 1)
        else e.want
      end as version
      from unnest(streams, expected, nth, ids, types, happened, rests) with ordinality as e(stream, want, n, id, type, happened, rest, nr)
  ), stored as (
    insert into events (tenant_id, stream_id, version, event_id, type, body)
    -- In one order for all writers, so that two appends to the same streams wait for each other and never deadlock.
    select tenant, i.stream, i.version, i.id, i.type,
      '{"occurredAt":' || coalesce(i.happened, '"' || recorded_at || '"') || ',"recordedAt":"' || recorded_at || '",' || i.rest
      from input i order by i.stream, i.version
  ), waiting as (
    insert into pending (tenant_id, stream_id, version)
    select tenant, i.stream, i.version from input i order by i.nr
  )
  select array_agg(i.version order by i.nr) into versions from input i;
end $$;
