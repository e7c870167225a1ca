# shopbell. `make` by itself prints what there is.
#
# Nothing but Python 3.11 or newer and make is needed: the first target that needs it makes .venv and installs exactly
# the locked packages into it, each checked against its hash.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --retries 10 --timeout 60

# Which Python makes .venv; `make PYTHON=/path/to/python test` chooses another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$candidate" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$candidate"; break; }; done)

# Each process that the tests start would compile the program anew.
export PYTHONDONTWRITEBYTECODE :=

# More options for pytest: `make test PYTEST="-x tests/unit"`.
PYTEST ?=
# More than there are cores: most tests spend most of their time waiting.
WORKERS ?= 10
# The floors of coverage, a little under what is reached: in all, and in the core of the bridge.
FLOOR := 96.5
CORE := bot/tickets bot/inbound bot/outbound
CORE_FLOOR := 99

.PHONY: help install sandbox check test lint format lock coverage soak bench clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/runs ## make .venv with the locked packages; the program is then .venv/bin/shopbell

sandbox: $(VENV)/runs ## see it work: one story through practice stores, a practice Discord and a practice Slack
	@$(BIN)/shopbell sandbox --tour
	@echo "To look at it and type into it yourself: $(BIN)/shopbell sandbox"

check: $(VENV)/develops ## before a commit, in seconds: lint, types, import rules, and the unit tests of what changed
	@$(MAKE) --no-print-directory --jobs 2 lint changed

# Beside lint, so that both cores have something to do.
.PHONY: changed
changed: $(VENV)/develops
	@$(BIN)/python -m tools.changed_tests $(PYTEST)

test: $(VENV)/develops ## everything that must hold: lint, types, import rules, tests, coverage
	@$(MAKE) --no-print-directory --jobs 2 lint tested
	@$(BIN)/python -m tools.reached --floor $(FLOOR)
	@$(BIN)/python -m tools.reached --floor $(CORE_FLOOR) $(CORE)

# Beside lint, too: mypy has one core, and half of the tests' time is waiting.
.PHONY: tested
tested: $(VENV)/develops
	PYTEST_PLUGINS=tests.support.reached,tests.support.workers.controller \
		$(BIN)/python -m pytest -n $(WORKERS) --dist load --maxschedchunk 1 $(PYTEST)

lint: $(VENV)/develops ## lint, format, types and import rules, without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/develops ## put the code into its format and fix what can be fixed by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: $(VENV)/develops ## which lines and branches the last `make test` did not reach
	@$(BIN)/python -m tools.reached

soak: $(VENV)/develops ## the long forms of the tests
	$(BIN)/python -m pytest -m soak --timeout 0 $(PYTEST)

# How often each row is measured, and how: SCALE=small is for developing.
RUNS ?= 5
SCALE ?= full
bench: $(VENV)/develops ## measure; ROW=4 one row, RUNS=5 how often, KEEP=yes writes the README's table
	$(BIN)/python -m tests.bench --runs $(RUNS) --scale $(SCALE) $(addprefix --row ,$(ROW)) $(if $(KEEP),--keep)

LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --fork-strategy fewest \
	--no-emit-index-url --custom-compile-command "make lock"

lock: $(VENV)/develops ## choose the newest packages that pyproject.toml allows; look at the difference before you keep it
	$(PIP) install --quiet uv
	$(LOCK) --upgrade --extra build --output-file requirements.lock
	$(LOCK) --upgrade --extra build --extra dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## remove .venv and everything else that is made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .reached .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- what the targets stand on

# A .venv that works is kept; one whose Python has gone is made anew.
ifneq ($(shell test -x $(BIN)/python || echo gone),)
$(VENV)/python: FORCE
endif
.PHONY: FORCE
FORCE:

define NO_PYTHON
shopbell needs Python 3.11 or newer, and $(if $(PYTHON),$(PYTHON) is none,none was found). Install it, or name one:
    make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)
endef
export NO_PYTHON

$(VENV)/python:
	@$(BIN)/python -c '$(NEW_ENOUGH)' >/dev/null 2>&1 || { \
		"$(PYTHON)" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 || { echo "$$NO_PYTHON" >&2; exit 1; }; \
		"$(PYTHON)" -m venv --clear $(VENV) || { \
			rm -rf $(VENV); \
			echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; \
			exit 1; \
		}; \
	}
	@touch $@

# Enough to run it.
$(VENV)/runs: $(VENV)/python requirements.lock pyproject.toml
	@echo "Installing the locked packages into $(VENV), once."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# And what developing it takes.
$(VENV)/develops: $(VENV)/python requirements-dev.lock pyproject.toml
	@echo "Installing the locked packages and the tools for developing into $(VENV), once."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@
