# make run: set everything up and start the demo.  make test: set everything up and run all checks.
PYTHON ?= python3.11
PYTHON310 ?= python3.10
VENV := .venv
RASA := .venv-rasa
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run test tests needs model check test-rasa format soak lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(VENV)/.run ## set everything up and start the demo
	@$(BIN)/okno demo $(ARGS)

test: $(VENV)/.run ## set everything up and pass all checks and tests
	@$(MAKE) --no-print-directory --jobs 3 model check tests

tests: needs model
	$(BIN)/python -m pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 4 --maxschedchunk 2

needs: $(VENV)/.dev
	@$(BIN)/python -m tests.needs

# Beside it, what the tests need is installed and the checks are made.
model: $(VENV)/.run
	@$(BIN)/python -m tests.train

check: $(VENV)/.dev ## formatting, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-rasa: $(VENV)/.dev ## the Rasa client against a real Rasa 3.6.21 (needs a Python 3.10, some minutes)
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null \
		|| { echo "Rasa 3.6 needs a Python 3.10, and there is none: install it, or say make test-rasa PYTHON310=/path/to/python3.10"; exit 1; }
	@test -e $(RASA)/.done || { echo "Installing Rasa in $(RASA) (once, some minutes)..."; \
		$(PYTHON310) -m venv $(RASA) && $(RASA)/bin/python -m pip install --quiet --disable-pip-version-check -r nlu/rasa/requirements.txt && touch $(RASA)/.done; }
	OKNO_RASA_PYTHON=$(CURDIR)/$(RASA)/bin/python $(BIN)/python -m pytest tests/nlu/contract_rasa.py

soak: $(VENV)/.dev ## the fault tests again and again, for an hour (OKNO_SOAK_MINUTES, OKNO_SOAK_SEED)
	OKNO_SOAK_MINUTES=$${OKNO_SOAK_MINUTES:-60} $(BIN)/python -m pytest --timeout=0 --capture=no tests/faults

format: $(VENV)/.dev ## mend the formatting
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## pin the newest allowed versions anew (needs uv)
	uv pip compile pyproject.toml --extra build --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock -o requirements-dev.lock

clean: ## remove the environments; data in var/ stay
	rm -rf $(VENV) $(RASA)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Okno needs (once, about a minute)..."
	@$(PIP) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests need..."
	@$(PIP) -r requirements-dev.lock
	@touch $@
