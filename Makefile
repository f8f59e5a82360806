# A dozen verbs. `make check` is what CI runs. On Windows, or without make: python run.py test
PYTHON ?= .venv/bin/python
PYTEST = $(PYTHON) -m pytest

.PHONY: help env course test fast unit golden consistency style format types check bench wheel clean

help:            ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

env:             ## environment with the tools of development
	test -x $(PYTHON) || python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --editable ".[dev]"

course:          ## the main job: the course do-file, graphs in ./graphs
	python3 run.py course

test:            ## all tests
	python3 run.py test

fast:            ## all tests, stop at the first failure, failures of the last run first
	$(PYTEST) -x --ff

unit:            ## unit tests
	$(PYTEST) tests/unit -n auto --maxprocesses=4

golden:          ## figures of the course notes and real Stata logs
	$(PYTEST) tests/golden

consistency:     ## tests about the code base
	$(PYTEST) tests/consistency

style:           ## ruff: rules and formatting
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

format:          ## let ruff rewrite
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

types:           ## mypy
	$(PYTHON) -m mypy

check:           ## style, types, wheel in an empty environment, tests
	bash .ci/run

bench:           ## timings, see tests/bench/README.md
	$(PYTEST) tests/bench -s -p no:xdist

wheel:           ## build dist/*.whl and dist/*.tar.gz
	$(PYTHON) -m build

clean:           ## remove what the verbs above made
	rm -rf dist build graphs .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
