#!/bin/sh
# Run a command against a throw-away PostgreSQL: scripts/with_pg.sh COMMAND…   (as root or as an ordinary user)
# The command finds it under DATABASE_URL. Nothing is left behind.
set -eu
bin=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$bin/initdb" ] || { echo "no PostgreSQL server found: apt-get install postgresql" >&2; exit 3; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/bangfu-pg.XXXXXX")
as=
if [ "$(id -u)" = 0 ]; then
    chown postgres "$dir"
    chmod 755 "$dir"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
trap 'cd /; $as "$bin/pg_ctl" -D "$dir/d" -s -m immediate stop >/dev/null 2>&1 || :; rm -rf "$dir"' EXIT INT TERM
here=$PWD
cd "$dir"
$as "$bin/initdb" -D "$dir/d" -U app -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
$as "$bin/pg_ctl" -D "$dir/d" -l "$dir/log" -w -s -o "-k $dir -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off" start
$as "$bin/createdb" -h "$dir" -U app bangfu
cd "$here"
DATABASE_URL="postgresql://app@$(echo "$dir" | sed 's#/#%2F#g')/bangfu" "$@"
