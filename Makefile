SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run demo test ordeal lint format lock migration translations

PYTHON ?= python3
PYTEST ?= -n 4 --dist worksteal
BIN := .venv/bin
export PYTHON
# A checkout that was moved since: its .venv is made anew.
$(shell scripts/moved.sh && rm -f .venv/.ready .venv/.ready-test)

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 18

setup: .venv/.ready ## Make .venv with everything Porchlight needs
	@scripts/compile.sh

run: setup ## Start Porchlight; data goes to data/, Ctrl-C stops it
	@exec $(BIN)/porchlight run

demo: setup ## Start Porchlight with a demonstration
	@exec $(BIN)/porchlight run --demo

test: ## Install what the tests need, check the code, run all tests
	scripts/install-test-needs.sh
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m tests.servers.install
	$(BIN)/pytest $(PYTEST)

ordeal: .venv/.ready-test ## Try promises at full length: money (20,000 lives, 500 kills), 10,000 orders of two agents (hours)
	REMEDY_EXAMPLES=20000 REMEDY_RACES=1000 REMEDY_KILLS=500 PORCHLIGHT_INTERLEAVINGS=10000 \
		nice -n 19 $(BIN)/pytest -n 2 --dist worksteal --timeout 0 tests/domain/test_interleavings.py \
		tests/remedies/test_machine.py tests/remedies/test_races.py tests/remedies/test_kills.py

lint: .venv/.ready-test ## Check style, types, layers, templates and migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint app
	scripts/migrations.sh check

format: .venv/.ready-test ## Put the code into the agreed form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: .venv/.ready-test ## Choose dependency versions anew from pyproject.toml
	$(BIN)/python -m pip --disable-pip-version-check --quiet install uv
	$(BIN)/uv pip compile --quiet --upgrade --no-emit-index-url --generate-hashes --python-version 3.11 \
		pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --no-emit-index-url --generate-hashes --python-version 3.11 \
		--extra test -c requirements.lock pyproject.toml -o requirements-test.lock

migration: .venv/.ready-test ## Write a migration from the models: make migration m="what it does"
	@scripts/migrations.sh new "$(m)"

translations: .venv/.ready-test ## Collect new strings for app/translations, and compile what is translated
	scripts/translations.sh

.venv/.ready: requirements.lock pyproject.toml
	@scripts/setup.sh requirements.lock
	@touch $@

.venv/.ready-test: requirements-test.lock pyproject.toml
	@scripts/setup.sh requirements-test.lock
	@touch .venv/.ready $@
