#!/bin/sh
# Measure the server under load on a throw-away PostgreSQL, with the load tool in an environment of its own.
# usage: bench/server/run.sh [--households 100000] [--seconds 120] [--out bench/results-server.md]
set -eu
cd "$(dirname "$0")/../.."
uv=.uv/bin/uv
[ -x "$uv" ] && [ -x .venv/bin/python ] || { echo "first: make setup" >&2; exit 2; }
stamp=.venv-load/.stamp
if [ ! -e "$stamp" ] || [ requirements/bench-server.txt -nt "$stamp" ]; then
    "$uv" venv --quiet --allow-existing --python .venv/bin/python .venv-load
    VIRTUAL_ENV=$PWD/.venv-load "$uv" pip sync --quiet --require-hashes requirements/bench-server.txt
    touch "$stamp"
fi
home=$(mktemp -d "${TMPDIR:-/tmp}/bangfu-bench.XXXXXX")
trap 'rm -rf "$home"' EXIT INT TERM
export BANGFU_HOME="$home" BANGFU_DEMO=1 PYTHONPATH=src
scripts/with_pg.sh .venv/bin/python bench/server/measure.py "$@"
