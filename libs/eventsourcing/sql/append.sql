-- Appends events of any number of streams in one statement. One array element an event; expected is the stream's version before
-- this append (0: the stream must not exist; null: whatever it is), nth counts the events of this append within their stream from 1.
-- ended and started are what the events do to deadlines, as arrays of objects with the columns' names; null where they do nothing.
-- A stream that is not at its expected version fails with RC409, or with 23505 on the primary key when two writers meet.
create function append_events(
  tenant uuid, streams text[], expected integer[], nth integer[], ids uuid[], types text[], bodies text[], ended json, started json
) returns integer[] language plpgsql
  -- On an empty table the planner would choose a sequential scan and keep that plan in prepared statements.
  set enable_seqscan = off as $$
-- What is executed as a text is planned for every call: a plan that was made while a table was small may read all of an organisation's
-- rows, and would be kept.
declare
  behind text;
  versions integer[];
begin
  -- Deadlines first, like the sweeper, which locks a deadline and then appends: the other way round the two could block each other.
  if ended is not null then
    execute 'delete from deadlines d using json_populate_recordset(null::deadlines, $2) r
      where d.tenant_id = $1 and d.stream_id = r.stream_id and d.name = r.name' using tenant, ended;
  end if;
  if started is not null then
    insert into deadlines (tenant_id, stream_id, name, due_at, fire_at, command, correlation_id, causation_id)
      select tenant, r.stream_id, r.name, r.due_at, r.due_at, r.command, r.correlation_id, r.causation_id
      from json_populate_recordset(null::deadlines, started) r
      on conflict (tenant_id, stream_id, name) do update set due_at = excluded.due_at, fire_at = excluded.due_at, command = excluded.command,
        correlation_id = excluded.correlation_id, causation_id = excluded.causation_id, attempts = 0, failure = null;
  end if;
  if exists (select from unnest(expected, nth) as e(version, n) where e.n = 1 and e.version > 0) then
    execute 'select e.stream from unnest($2, $3, $4) as e(stream, version, n)
      where e.n = 1 and e.version > 0
        and (select x.version from events x where x.tenant_id = $1 and x.stream_id = e.stream and x.version = e.version) is null
      limit 1' into behind using tenant, streams, expected, nth;
  end if;
  if behind is not null then
    raise exception using errcode = 'RC409', message = 'stream is not at the expected version';
  end if;
  with input as (
    select e.*, coalesce(e.want, (select max(x.version) from events x where x.tenant_id = tenant and x.stream_id = e.stream), 0) + e.n as version
      from unnest(streams, expected, nth, ids, types, bodies) with ordinality as e(stream, want, n, id, type, body, nr)
  ), stored as (
    insert into events (tenant_id, stream_id, version, event_id, type, body)
    -- In one order for all writers, so that two appends to the same streams wait for each other and never deadlock.
    select tenant, i.stream, i.version, i.id, i.type, i.body from input i order by i.stream, i.version
  ), waiting as (
    insert into pending (tenant_id, stream_id, version)
    select tenant, i.stream, i.version from input i order by i.nr
  )
  select array_agg(i.version order by i.nr) into versions from input i;
  return versions;
end $$;
