# Casewire: `make demo` shows it, `make test` proves it, `make run` runs it.
PYTHON ?= python3
RUN := .venv/bin/python
LOCK := .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header
export PYTHON
# Compiled once, and beside the packages: no folder of the clone is written to but .venv.
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.venv/bytecode

.PHONY: help demo run test soak release-check licences check lint fix lock clean

help:
	@echo "make demo    play a stretch of news through the real program and print the alerts"
	@echo "make test    run the whole test suite"
	@echo "make soak    run what takes long: days of simulation, a hundred kills"
	@echo "make release-check  build, install elsewhere, test on every Python found"
	@echo "make run     poll feeds.yaml and send alerts (console until TELEGRAM_BOT_TOKEN is set)"
	@echo "make check   validate feeds.yaml and rules/"
	@echo "make fix     format and mend what the linter can"
	@echo "make lock    pin the dependencies anew"

.venv/.installed: requirements.lock scripts/venv.sh
	@sh scripts/venv.sh requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock scripts/venv.sh
	@sh scripts/venv.sh requirements-dev.lock
	@touch .venv/.installed $@

demo: .venv/.installed
	@$(RUN) bot.py demo $(if $(TELEGRAM),--telegram)

run: .venv/.installed
	@$(RUN) bot.py run

check: .venv/.installed
	@$(RUN) bot.py check

lint: .venv/.installed-dev
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

fix: .venv/.installed-dev
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

test: lint
	@.venv/bin/python -m pytest

soak: .venv/.installed-dev
	@.venv/bin/python -m pytest -m soak --timeout 3600

release-check: .venv/.installed-dev
	@$(RUN) scripts/release_check.py

licences: .venv/.installed-dev
	@$(RUN) scripts/licences.py

lock: .venv/.installed-dev
	@$(LOCK) requirements.in -o requirements.lock
	@$(LOCK) requirements-charts.in -c requirements.lock -o requirements-charts.lock
	@$(LOCK) requirements-dev.in -c requirements-charts.lock -o requirements-dev.lock

clean:
	rm -rf .venv build dist
