-- Begins the work of a transaction: from here on it sees and writes the rows of this organisation only (none for ''), and its instant is
-- the one returned. A function, because its own statements are planned once a connection and not for every transaction.
create function open_for(tenant text) returns text language plpgsql as $$
begin
  perform set_config('app.tenant', tenant, true);
  return iso(current_instant());
end $$;
