# The commands of Premise. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test cover check test-setup bench soak mutate picture
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest -n 2 --dist worksteal

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## Install system packages, .venv and fonts; safe to repeat
	@sh config/ops/setup.sh run

test-setup:
	@sh config/ops/setup.sh test

run: setup ## Serve at http://127.0.0.1:8000 (PORT=): web, worker, beat, broker; Ctrl-C stops all
	@exec $(PYTHON) -m config.ops.serve

test: check ## Everything: checks, the suite on SQLite, then on PostgreSQL all that hangs on the database
	@$(PYTEST) --database=sqlite
	@$(PYTEST) --database=postgresql --only-database

cover: test-setup ## Which lines and branches the suite reaches; a third slower than the suite
	@$(PYTHON) -m coverage erase
	@$(PYTEST) --database=sqlite --cov --cov-report=term:skip-covered

check: test-setup ## Lint, types, import contracts, templates, migrations, deployment settings
	@$(PYTHON) -m config.ops.check

picture: test-setup ## Retake README's picture from a running demo
	@$(PYTHON) -m tests.picture

bench: test-setup ## Performance as ratios to peers and limits, on PostgreSQL (JSON=1: an object a line)
	@$(PYTHON) -m tests.bench --database=postgresql

soak: test-setup ## Kills and tampering at full size, on PostgreSQL (JSON=1: an object a line; SIZE=0.1: smaller)
	@$(PYTHON) -m tests.soak --database=postgresql

mutate: test-setup ## Mutation testing of the domain folders, hours (ONLY=metrics/domain/fold.py: one file)
	@$(PYTHON) -m tests.mutation
