#!/bin/sh
# ops/dump.sh <new folder> <new folder for the keys> [service…]: dumps services of a distributed Rollcall while they run, all four unless
# some are named. Those named together are in one database, ROLLCALL_DATABASE_OWNER_URL (a role that row-level security does not bind), and
# their dump is one moment of all of them. PG_BIN is the folder of pg_dump where it is not on the path: of the server's version or newer.
# The keys are dumped apart, to be kept apart and for a short time. The key-encryption key is in no database and in neither dump.
set -eu
umask 077
[ $# -ge 2 ] || { echo "usage: $0 <new folder> <new folder for the keys> [service...]" >&2; exit 2; }
folder=$1 keys=$2
shift 2
[ $# -gt 0 ] || set -- gateway membership consent retention
: "${ROLLCALL_DATABASE_OWNER_URL:?set it to the connection of a role that row-level security does not bind}"
# The password goes by the environment: arguments are shown to everybody on the machine.
PGPASSWORD=$(printf %s "$ROLLCALL_DATABASE_OWNER_URL" | sed -n 's#^[a-z]*://[^:/@]*:\([^@]*\)@.*#\1#p')
case $PGPASSWORD in *%*) echo "A password of letters and digits alone can be taken from the connection" >&2; exit 1 ;; esac
[ -z "$PGPASSWORD" ] || export PGPASSWORD
owner=$(printf %s "$ROLLCALL_DATABASE_OWNER_URL" | sed 's#^\([a-z]*://[^:/@]*\):[^@]*@#\1@#')
for made in "$folder" "$keys"; do
  [ ! -e "$made" ] || { echo "$made is there already; a backup is never written over" >&2; exit 1; }
done
dump() {
  into=$1 ending=$2
  shift 2
  # shellcheck disable=SC2046 # one argument for each service
  "${PG_BIN:+$PG_BIN/}pg_dump" --dbname="$owner" --format=custom --no-password --no-owner \
    $(for service; do echo "--schema=$service$ending"; done) --file="$into/rollcall.dump"
  (cd "$into" && printf '%s\n' "$@" > services && sha256sum rollcall.dump services > SHA256SUMS)
}
began=$(date +%s)
mkdir "$folder.part" "$keys.part"
# The keys last: a key without values does no harm, values without their key are unreadable.
dump "$folder.part" '' "$@"
dump "$keys.part" _keys "$@"
mv "$folder.part" "$folder"
mv "$keys.part" "$keys"
echo "Dumped $* after $(($(date +%s) - began)) s: $(du -sh "$folder" | cut -f1) in $folder, the keys in $keys"
