-- One value encrypted under the key-encryption key: a start with another key is refused before it can do harm.
create table :keys.kek_check (
  singleton boolean primary key default true check (singleton),
  sealed bytea not null
);
grant select, insert on :keys.kek_check to :app, :relay;
