#!/bin/sh
# Measure bangfu beside its peers, in an environment of its own: the peers' licences and pins stay out of .venv.
# usage: bench/run.sh [WORDS]...   runs every bench/measure_*.py, or those whose name holds one of WORDS
set -eu
cd "$(dirname "$0")/.."
uv=.uv/bin/uv
[ -x "$uv" ] || { echo "run this through: make bench" >&2; exit 2; }
stamp=.venv-bench/.stamp
if [ ! -e "$stamp" ] || [ requirements/bench.txt -nt "$stamp" ]; then
    "$uv" venv --quiet --allow-existing --python .venv/bin/python .venv-bench
    VIRTUAL_ENV=$PWD/.venv-bench "$uv" pip sync --quiet --require-hashes requirements/bench.txt
    touch "$stamp"
fi
found=0
for script in bench/measure_*.py; do
    [ -e "$script" ] || continue
    if [ "$#" -gt 0 ]; then
        wanted=0
        for word in "$@"; do case $script in *"$word"*) wanted=1 ;; esac; done
        [ "$wanted" = 1 ] || continue
    fi
    found=1
    echo "== $script"
    PYTHONPATH=src .venv-bench/bin/python "$script"
done
# One table of what every script kept, of this run or of an earlier one.
PYTHONPATH=src .venv-bench/bin/python bench/report.py && echo "== bench/results.md is written"
[ "$found" = 1 ] || { echo "no measurement found: bench/measure_*.py" >&2; exit 1; }
