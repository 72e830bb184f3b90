#!/bin/sh
# ops/undump.sh <folder> <folder of the keys> <list of erasures>: puts dumps of ops/dump.sh into a database that has none of their services,
# and erases whoever was erased since. Nothing may be started on it before it says "Restored". It takes ROLLCALL_DATABASE_OWNER_URL and, for
# each service, the connection of its own role, such as MEMBERSHIP_DATABASE_URL; PG_BIN as ops/dump.sh does.
set -eu
umask 077
[ $# -eq 3 ] || { echo "usage: $0 <folder> <folder of the keys> <list of erasures>" >&2; exit 2; }
folder=$1 keys=$2 erasures=$3
home=$(cd "$(dirname "$0")/.." && pwd)
node=$home/node_modules/.bin/node
[ -x "$node" ] || node=node
: "${ROLLCALL_DATABASE_OWNER_URL:?set it to the connection of a role that may create schemas and roles}"
[ -f "$home/dist/tools/erasures.js" ] || { echo "Build it first: npm run build" >&2; exit 1; }
[ -f "$erasures" ] || { echo "$erasures is missing; the list is wanted even if it is empty" >&2; exit 1; }
for part in "$folder" "$keys"; do
  (cd "$part" && sha256sum --check --quiet SHA256SUMS) || { echo "$part is damaged or no dump" >&2; exit 1; }
done
cmp -s "$folder/services" "$keys/services" || { echo "$folder and $keys are not of the same services" >&2; exit 1; }
services=$(cat "$folder/services")
# The password goes by the environment: arguments are shown to everybody on the machine.
PGPASSWORD=$(printf %s "$ROLLCALL_DATABASE_OWNER_URL" | sed -n 's#^[a-z]*://[^:/@]*:\([^@]*\)@.*#\1#p')
case $PGPASSWORD in *%*) echo "A password of letters and digits alone can be taken from the connection" >&2; exit 1 ;; esac
[ -z "$PGPASSWORD" ] || export PGPASSWORD
owner=$(printf %s "$ROLLCALL_DATABASE_OWNER_URL" | sed 's#^\([a-z]*://[^:/@]*\):[^@]*@#\1@#')
sql() { "${PG_BIN:+$PG_BIN/}psql" --dbname="$owner" --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="$1"; }
url_of() { eval "printf '%s' \"\${$(echo "$1" | tr '[:lower:]' '[:upper:]')_DATABASE_URL:?set it to the connection of the role of $1}\""; }
for service in $services; do
  url_of "$service" > /dev/null
  [ -z "$(sql "select 1 from pg_namespace where nspname in ('$service', '${service}_keys')")" ] ||
    { echo "The database has $service already; restore into one that has not" >&2; exit 1; }
done
began=$(date +%s)
for service in $services; do
  # Makes the roles; the schemas themselves come from the dump.
  ROLLCALL_DATABASE_URL=$(url_of "$service") "$node" "$home/dist/tools/migrate.js" "$service" > /dev/null
  sql "set client_min_messages = warning; drop schema $service cascade; drop schema ${service}_keys cascade"
done
for part in "$folder" "$keys"; do
  "${PG_BIN:+$PG_BIN/}pg_restore" --dbname="$owner" --no-password --no-owner --exit-on-error --single-transaction "$part/rollcall.dump"
done
for service in $services; do
  ROLLCALL_DATABASE_URL=$(url_of "$service") "$node" "$home/dist/tools/erasures.js" apply "$service" < "$erasures"
done
echo "Restored" $services "after $(($(date +%s) - began)) s"
