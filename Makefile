# Every target works in .venv, which is made from the lock file when it is missing or out of date.

PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8001
BIN := .venv/bin
STAMP := .venv/.locked
NODE := tests/browser tests/typescript
NODE_STAMPS := $(NODE:%=%/node_modules/.locked)

.PHONY: run fleet test pauses thorough check bench lighthouse restarts audit sbom mutants format golden catalogues setup lock

run: $(STAMP) ## the dashboard on http://127.0.0.1:8000, fed by the sandbox unless ORB_API_KEY is set
	@if [ -n "$$ORB_API_KEY$$ORB_API_KEY_FILE" ]; then exec $(BIN)/python -m app serve; \
	else exec $(BIN)/python -m app serve --sandbox; fi

fleet: $(STAMP) ## compose.yaml without Docker: two copies as one behind nginx, on http://127.0.0.1:8000
	@exec $(BIN)/python deploy/fleet.py

# What loads the machine, or waits for most of its time, comes last, and beside nothing else.
ALONE := tests/budget/test_limits_of_the_account.py tests/faults/test_connecting.py tests/faults/test_memory.py \
	$(addprefix tests/fleet/test_, chaos.py crowd.py pace.py told.py) \
	$(addprefix tests/serving/test_, guarded.py restarts.py stopping.py workers.py)

SPREAD := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# Else every service that a test starts compiles all of itself again.
test pauses: export PYTHONDONTWRITEBYTECODE =
test: $(STAMP) $(NODE_STAMPS) ## every test
	$(BIN)/python -m pytest $(SPREAD) $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest $(SPREAD) $(ALONE)

pauses: $(STAMP) $(NODE_STAMPS) ## every test on a machine that pauses: all stops for up to half a second, again and again
	$(BIN)/python -m tests.pauses $(SPREAD)

thorough: ## every test, with all that takes long: each instant, each customer, each locale, in half an hour
	THOROUGH=1 $(MAKE) test

check: $(STAMP) ## formatter, linter, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMP) .venv/bench/.locked tests/bench/node_modules/.locked ## how fast things are, as figures beside their goals, in some twenty minutes
	$(BIN)/python -m tests.bench.sandbox
	$(BIN)/python -m tests.bench.page
	PYTHONPATH=.venv/bench $(BIN)/python -m tests.bench.cold
	PYTHONPATH=.venv/bench $(BIN)/python -m tests.bench.warm
	$(BIN)/python -m tests.bench.head
	$(BIN)/python -m tests.bench.memory
	$(BIN)/python -m tests.bench.cancelled
	$(BIN)/python -m tests.bench.growth
	$(BIN)/python -m tests.bench.fleet

# What others would write stands on, beside what we do: nothing of it is for the service, or for its tests.
.venv/bench/.locked: requirements-bench.lock $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade \
		--target .venv/bench -r requirements-bench.lock
	@touch $@

lighthouse: $(STAMP) tests/bench/lighthouse/node_modules/.locked ## what Lighthouse, from npm, says of the page: fails below 100
	$(BIN)/python -m tests.bench.lighthouse

restarts: $(STAMP) ## forty restarts behind nginx while thirty clients ask: counts what they felt, in four minutes
	$(BIN)/python -m tests.serving.restarts

mutants: $(STAMP) ## whether a test notices each small change of what must not be wrong, in most of an hour: tests/mutants.md
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results
	@$(BIN)/python .ci/mutants

audit: $(STAMP) ## known holes in what is pinned; says so where that cannot be known
	@$(BIN)/python .ci/audit

sbom: $(STAMP) ## what the service is made of, as CycloneDX, into sbom.json
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
		--spec-version 1.6 --output-format JSON --output-file sbom.json

format: $(STAMP) ## lets the formatter and the linter mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(STAMP) ## every customer's document as it is now, into tests/golden: read the diff
	GOLDEN=write $(BIN)/python -m pytest -q tests/test_golden.py

LANGUAGES := $(notdir $(basename $(wildcard app/web/catalogues/*.po)))

catalogues: $(STAMP) ## adds every text for people to each language's catalogue, empty until translated
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output --omit-header \
		-k Text -k Plural:1,2 -k _n:1,2 -o .texts.pot .
	@for each in $(LANGUAGES); do $(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --omit-header \
		--width 120 -i .texts.pot -o app/web/catalogues/$$each.po -l $$each; done
	@rm .texts.pot

setup: $(STAMP) $(NODE_STAMPS) ## .venv and node_modules, from their lock files

$(STAMP): requirements-dev.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $(STAMP)

# What the tests and Lighthouse need of npm's. Without it tests skip that, or fail where CI is true.
%/node_modules/.locked: %/package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --prefix $* && touch $@; fi

LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock: $(STAMP) ## the lock files, from pyproject.toml and package.json
	$(LOCK) -o requirements.lock pyproject.toml
	$(LOCK) --extra sandbox -o requirements-sandbox.lock pyproject.toml
	$(LOCK) --extra dev -o requirements-dev.lock pyproject.toml
	$(LOCK) --extra bench -o requirements-bench.lock pyproject.toml
	@if command -v npm >/dev/null; then for each in $(NODE) tests/bench tests/bench/lighthouse; do \
		npm install --silent --package-lock-only --prefix $$each; done; fi
