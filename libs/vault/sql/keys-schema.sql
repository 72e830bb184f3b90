-- Keys live apart from what they open, so that data and keys are backed up, kept and restored separately.
create schema if not exists :keys;
grant usage on schema :keys to :app, :relay;
