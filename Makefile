# Anagen. A newcomer needs two of these: make demo, make test.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export UV_CACHE_DIR ?= $(HOME)/.cache/uv
SHELL := /bin/bash

.PHONY: demo test test-fast check faults simulate shots setup lock reset migrations messages FORCE

# A virtual environment whose Python was upgraded away is made again.
ifneq ($(wildcard $(VENV)/.ok),)
ifneq ($(shell $(PY) -c 'print(1)' 2>/dev/null),1)
$(info The Python of $(VENV) is gone; making it again.)
$(shell rm -f $(VENV)/.ok $(VENV)/usable)
endif
endif

# A virtual environment with pip: one whose making was cut short is made again.
$(VENV)/usable:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. Anagen needs Python 3.11 or newer. Try: make PYTHON=python3.11 demo"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("Anagen needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.11 demo" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PY) -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); } || { echo "python3 -m venv failed. On Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.ok: requirements/dev.txt requirements/bootstrap.txt | $(VENV)/usable
	@echo "Installing Python packages (once)…"
	@( $(PY) -m pip install -q --require-hashes -r requirements/bootstrap.txt && \
	   $(VENV)/bin/uv pip install -q --compile-bytecode --require-hashes --python $(PY) -r requirements/dev.txt ) || \
	   $(PY) -m pip install -q --require-hashes -r requirements/dev.txt
	@touch $@

HAS_NODE := node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' >/dev/null 2>&1 && npm --version >/dev/null 2>&1

# The PATH on which Node is found. Looked at each time (a Node may have gone); written only when it changes.
$(VENV)/node.path: FORCE | $(VENV)/.ok
	@if [ -s $@ ] && PATH="$$(cat $@)" && $(HAS_NODE); then exit 0; fi; \
	 if $(HAS_NODE); then echo "$$PATH" > $@; \
	 else echo "Node 20 is missing: installing it as a Python package…"; \
	   $(PY) -m pip install -q --require-hashes -r requirements/node.txt && echo "$(abspath $(VENV))/bin:$$PATH" > $@; fi

build/vendor/.ok: $(VENV)/node.path package-lock.json $(wildcard frontend/*)
	@echo "Building the front end (once)…"
	@PATH="$$(cat $(VENV)/node.path)"; export PATH; npm ci --no-progress --no-audit --no-fund --loglevel=error >/dev/null && node frontend/build.mjs
	@touch $@

setup: $(VENV)/.ok build/vendor/.ok

build/browser: $(VENV)/node.path FORCE
	@if [ -s $@ ] && [ -x "$$(cat $@)" ]; then exit 0; fi; \
	 mkdir -p build && PATH="$$(cat $(VENV)/node.path)" bash scripts/find_browser > $@ || { rm -f $@; exit 1; }

demo: setup
	@exec $(PY) -m embedded.demo

# Two runs side by side, each with its own database and broker: journeys and real processes mostly wait, the others mostly compute.
# What the first says is kept in build/waiting.log and shown when the second has ended. Each leaves out what the other names: nothing is forgotten.
WAITING := tests/faults tests/journeys

test: setup build/browser
	@CHROME_BIN="$$(cat build/browser)"; REQUIRE_BROWSER=1; export CHROME_BIN REQUIRE_BROWSER; \
	 $(PY) -m pytest -q $(WAITING) > build/waiting.log 2>&1 & first=$$!; \
	 trap 'kill $$first 2>/dev/null' INT TERM; \
	 $(PY) -m pytest -q $(WAITING:%=--ignore=%); second=$$?; \
	 wait $$first; first=$$?; echo "$(WAITING):"; cat build/waiting.log; [ $$first = 0 ] && [ $$second = 0 ]

test-fast: setup
	$(PY) -m pytest -q -m "not journey and not fault"

faults: setup
	FULL_FAULTS=1 $(PY) -m pytest -q -m fault

simulate: setup
	SIMULATE=$${PATIENTS:-2000} $(PY) -m pytest -q -s tests/simulate

bench: setup
	$(PY) -m benchmarks.mail
	$(PY) -m benchmarks.mail_sizes
	$(PY) -m benchmarks.results
	$(PY) -m benchmarks.imports

shots: setup build/browser
	CHROME_BIN="$$(cat build/browser)" $(PY) -m scripts.shots
	SHOTS=shots CHROME_BIN="$$(cat build/browser)" REQUIRE_BROWSER=1 $(PY) -m pytest -q tests/journeys/test_patient_looks.py

check: setup
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint templates --lint --quiet
	$(PY) -m scripts.with_database manage.py makemigrations --check --dry-run
	$(PY) -m scripts.no_secrets

# What patients read, into locale/: write the missing words there, run it again.
messages: setup
	$(PY) -m scripts.messages

migrations: setup
	ANAGEN_ENV=test $(PY) manage.py makemigrations

lock: $(VENV)/.ok
	$(VENV)/bin/uv pip compile pyproject.toml --universal --generate-hashes --no-header -o requirements/prod.txt
	$(VENV)/bin/uv pip compile pyproject.toml --group demo --group dev -c requirements/prod.txt --universal --generate-hashes --no-header -o requirements/dev.txt

reset:
	@$(PYTHON) -m embedded.reset

FORCE:
