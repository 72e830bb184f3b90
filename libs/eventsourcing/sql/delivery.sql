-- Which events a processor has handled; the row and the effect are written in one transaction.
create table inbox (
  tenant_id uuid not null,
  processor text not null,
  event_id uuid not null,
  handled_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, processor, event_id)
);
-- How far a projection has followed each stream: the next event must be the next version.
create table followed (
  tenant_id uuid not null,
  processor text not null,
  stream_id text not null,
  version integer not null,
  primary key (tenant_id, processor, stream_id)
);
-- How many different events of a topic a processor has handled; equal to the publisher's head when it has caught up.
create table checkpoints (
  processor text not null,
  topic text not null,
  handled bigint not null default 0,
  primary key (processor, topic)
);
grant select, insert, update on checkpoints to :app, :relay;

-- Messages that could not be handled. The nil tenant holds those whose organisation could not be read.
create table parked (
  tenant_id uuid not null,
  parked_id uuid not null,
  nr bigint generated always as identity,
  processor text not null,
  topic text not null,
  partition integer not null,
  "offset" text not null,
  key text not null,
  headers json not null,
  value bytea not null,
  reason text not null,
  attempts integer not null,
  parked_at timestamptz not null,
  state text not null check (state in ('parked', 'replayed', 'discarded')),
  primary key (tenant_id, parked_id)
);
create index parked_open on parked (tenant_id, processor, key) where state = 'parked';

-- What a POST with an Idempotency-Key answered; written with its effect, kept for two days.
create table idempotency (
  tenant_id uuid not null,
  route text not null,
  key text not null,
  fingerprint text not null,
  status integer not null,
  answer text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, route, key)
);
create index idempotency_age on idempotency (recorded_at);

do $$ declare t text; begin
  foreach t in array array['inbox', 'followed', 'parked', 'idempotency'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format($p$create policy tenant on %I to :app, :relay
      using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;
create policy relay_prunes on idempotency for delete to :relay using (true);
create policy relay_finds on idempotency for select to :relay using (true);
create policy relay_counts on parked for select to :relay using (true);
grant select, insert, delete on inbox to :app, :relay;
grant select, insert, update on followed to :app, :relay;
grant select, insert, update on parked to :app, :relay;
grant select, insert, delete on idempotency to :app, :relay;

-- Enters events into a processor's inbox; returns those that it had already. Of many there is hardly ever one, and a row takes a third less
-- where the key alone refuses what is known: only when it did is each of them asked for. Few are asked for at once, as undoing has its price.
create function enter(tenant uuid, name text, ids uuid[]) returns uuid[] language plpgsql as $$
declare
  entered uuid[];
begin
  if cardinality(ids) >= 50 then
    begin
      insert into inbox (tenant_id, processor, event_id) select tenant, name, id from unnest(ids) as id;
      return '{}';
    exception when unique_violation then null;
    end;
  end if;
  with fresh as (
    insert into inbox (tenant_id, processor, event_id) select tenant, name, id from unnest(ids) as id
    on conflict do nothing returning event_id
  )
  select coalesce(array_agg(f.event_id), '{}') into entered from fresh f;
  if cardinality(entered) = cardinality(ids) then return '{}'; end if;
  return array(select id from unnest(ids) as id except select id from unnest(entered) as id);
end $$;

-- Enters events into a processor's inbox and says what has to be known before they are handled: which of them it had already, which of
-- these lanes have parked messages, and, for a projection, how far it has followed each of the streams. A table that is nearly empty must
-- not make a plan that reads it whole, because the plan is kept.
create function admit(tenant uuid, name text, ids uuid[], lanes text[], projects boolean)
  returns table (known uuid[], waiting text[], versions json) language plpgsql set enable_seqscan = off as $$
begin
  known := enter(tenant, name, ids);
  waiting := array(select distinct p.key from parked p
    where p.tenant_id = tenant and p.processor = name and p.key = any(lanes) and p.state = 'parked');
  if projects then
    select json_object_agg(f.stream_id, f.version) into versions from followed f
      where f.tenant_id = tenant and f.processor = name and f.stream_id = any(lanes);
  end if;
  return next;
end $$;

-- Keeps how far a projection has followed streams, those that it had not seen when the batch was admitted apart, and adds to the count of
-- what was handled by topic. Many new ones are written as in `enter`: another consumer of the group may have been there meanwhile.
create function settle(
  tenant uuid, name text, unseen text[], unseen_versions integer[], seen text[], seen_versions integer[], topics text[], counts bigint[]
) returns void language plpgsql as $$
begin
  if cardinality(unseen) >= 50 then
    begin
      insert into followed (tenant_id, processor, stream_id, version) select tenant, name, u.* from unnest(unseen, unseen_versions) u;
      unseen := '{}';
      unseen_versions := '{}';
    exception when unique_violation then null;
    end;
  end if;
  insert into followed (tenant_id, processor, stream_id, version)
    select tenant, name, f.* from unnest(unseen || seen, unseen_versions || seen_versions) f
    on conflict (tenant_id, processor, stream_id) do update set version = excluded.version where followed.version < excluded.version;
  insert into checkpoints (processor, topic, handled) select name, c.* from unnest(topics, counts) c
    on conflict (processor, topic) do update set handled = checkpoints.handled + excluded.handled;
end $$;

-- Enters events that a processor has no handler for into its inbox and counts those that are new, as a transaction of its own. False, and
-- nothing done, where one of the lanes has parked messages: then they have to wait behind them.
create function pass_over(tenant uuid, name text, ids uuid[], lanes text[], of_topic text) returns boolean
  language plpgsql set enable_seqscan = off as $$
begin
  perform open_for(tenant::text);
  if exists (
    select from parked p where p.tenant_id = tenant and p.processor = name and p.key = any(lanes) and p.state = 'parked'
  ) then
    return false;
  end if;
  insert into checkpoints (processor, topic, handled) values (name, of_topic, cardinality(ids) - cardinality(enter(tenant, name, ids)))
    on conflict (processor, topic) do update set handled = checkpoints.handled + excluded.handled;
  return true;
end $$;
