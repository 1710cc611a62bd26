# `make` lists the targets. Each sets up what it needs in .venv first, and is quick the second time.
# Another Python:  make test PYTHON=python3.13        More words for demo, test and bench:  make demo ARGS=--keep
# make test ARGS=tracker     the lessons and tests of a package or module        make test ARGS=--random     tests in an order of chance
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python 3.11-3.14 there is
PYTHON = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := $(CURDIR)/.venv/bin
SETUP = $(if $(PYTHON),"$(PYTHON)" tools/setup.py,$(error No Python 3.11 to 3.14 on the PATH. Name one: make PYTHON=/path/to/python))

help:  ## List the targets
	@sed -nE 's/^([a-z-]+):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

demo:  ## Transcribe a recording through manager, node and pipeline, followed live
	@$(SETUP) demo
	@"$(BIN)/jobtrack" demo $(ARGS)

test:  ## Run every check
	@$(SETUP) dev plugin javascript system
	@"$(BIN)/python" tools/check.py $(ARGS)

test-long:  ## Every check, with slow cells and tests and many more examples
	@$(SETUP) dev plugin javascript system
	@"$(BIN)/python" tools/check.py --long $(ARGS)

test-lowest:  ## The checks of the main packages with the lowest versions that pyproject.toml allows
	@$(SETUP) lowest system
	@"$(CURDIR)/.venv-lowest/bin/python" tools/check.py $(or $(ARGS),store tracker net cli call process queue)

lint:  ## Look for real faults with ruff
	@$(SETUP) dev
	@cd "$(CURDIR)" && "$(BIN)/ruff" check .

readme:  ## Make README.md from nbs/index.ipynb
	@$(SETUP) dev
	@"$(BIN)/python" tools/readme.py

docs:  ## Build the documentation into _docs (needs Quarto)
	@command -v quarto >/dev/null || { echo 'The documentation is built with Quarto, which is not here: https://quarto.org/docs/get-started/'; exit 1; }
	@$(SETUP) dev
	@"$(BIN)/nbdev-docs"

bench:  ## Run the benchmarks and keep what they come to in bench/results.jsonl
	@$(SETUP) bench system-bench
	@"$(BIN)/python" tools/bench.py $(ARGS)

bench-quick:  ## Run the benchmarks, shortened, and show the table
	@$(SETUP) bench system-bench
	@"$(BIN)/python" tools/bench.py --quick $(ARGS)

hooks:  ## Install the git and Jupyter hooks for notebooks (writes to ~/.jupyter and .git)
	@$(SETUP) dev
	@PATH="$(BIN):$$PATH" nbdev-install-hooks

clean:  ## Remove what was made here, but .venv
	rm -rf _proc _docs build dist *.egg-info nbs/nbdev.yml nbs/sidebar.yml .pytest_cache .ruff_cache .hypothesis .quarto
	find . -name '.venv*' -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

.PHONY: help demo test test-long test-lowest lint readme docs bench bench-quick hooks clean
