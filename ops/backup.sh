#!/bin/sh
# ops/backup.sh <data folder> <file>: copies a stopped standalone Rollcall into one file, with its checksum beside it.
# The key-encryption key (keys/) stays out: without it the copy tells nobody anything personal. Keep that key elsewhere.
set -eu
umask 077
[ $# -eq 2 ] || { echo "usage: $0 <data folder> <file>" >&2; exit 2; }
folder=$1 file=$2
[ -f "$folder/postgres/PG_VERSION" ] || { echo "$folder holds no Rollcall" >&2; exit 1; }
if [ -e "$folder/postgres/postmaster.pid" ]; then
  echo "Rollcall is running on $folder, or was killed. Stop it first (start it once more if it was killed)." >&2
  exit 1
fi
[ ! -e "$file" ] || { echo "$file is there already; a backup is never written over" >&2; exit 1; }
began=$(date +%s)
tar -C "$folder" --exclude=./keys --exclude=./lock -czf "$file.part" .
mv "$file.part" "$file"
(cd "$(dirname "$file")" && sha256sum "$(basename "$file")" > "$(basename "$file").sha256")
echo "Backup of $(du -h "$file" | cut -f1) after $(($(date +%s) - began)) s: $file"
