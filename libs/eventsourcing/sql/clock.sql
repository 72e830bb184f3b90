-- One clock for every process of a service: the database's, unless a rehearsal moves a manual one.
create table clock (
  single boolean primary key default true check (single),
  manual_at timestamptz
);
insert into clock default values;

create function current_instant() returns timestamptz language sql stable
  as $$ select coalesce((select manual_at from clock), clock_timestamp()) $$;

-- ISO 8601 in UTC with milliseconds: the one textual form of an instant.
create function iso(instant timestamptz) returns text language sql immutable
  as $$ select to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

grant select on clock to :app, :relay;
grant update (manual_at) on clock to :relay;
