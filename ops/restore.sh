#!/bin/sh
# ops/restore.sh <backup file> <new folder> <list of erasures> <key file>: a standalone Rollcall from a backup, made ready before it serves
# anybody: whoever was erased since then is erased in it. The list comes from "npm run erasures -- export", as new as can be had.
set -eu
umask 077
[ $# -eq 4 ] || { echo "usage: $0 <backup file> <new folder> <list of erasures> <key file>" >&2; exit 2; }
file=$1 folder=$2 erasures=$3 key=$4
home=$(cd "$(dirname "$0")/.." && pwd)
node=$home/node_modules/.bin/node
[ -x "$node" ] || node=node
[ -f "$home/dist/tools/erasures.js" ] || { echo "Build it first: npm run build" >&2; exit 1; }
[ ! -e "$folder" ] || { echo "$folder is there already; restore into a new folder" >&2; exit 1; }
for needed in "$file" "$file.sha256" "$erasures" "$key"; do
  [ -f "$needed" ] || { echo "$needed is missing" >&2; exit 1; }
done
began=$(date +%s)
(cd "$(dirname "$file")" && sha256sum --check --quiet "$(basename "$file").sha256") || { echo "$file is damaged" >&2; exit 1; }
# Until the erasures hold it stands under a name that nobody starts.
mkdir -p "$folder.restoring"
tar -C "$folder.restoring" --same-permissions -xzf "$file"
mkdir -p "$folder.restoring/keys"
cp "$key" "$folder.restoring/keys/kek"
"$node" "$home/dist/tools/erasures.js" apply "$folder.restoring" < "$erasures"
mv "$folder.restoring" "$folder"
echo "Restored into $folder after $(($(date +%s) - began)) s"
