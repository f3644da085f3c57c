# Two commands do everything on a fresh machine with Python 3.11+ and make:
#   make demo   the whole story on the bundled CRM
#   make test   install, then the quick tests
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed
# One process more than there are processors: some of them wait.
WORKERS = $$(($$(getconf _NPROCESSORS_ONLN) + 1))
# Without compiled files each process of a test compiles everything for 20 s.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all check lint types imports structure fresh docs site lock dist clean help

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

# --no-deps, because the lock is complete (pip check says so): left to itself, pip 23 takes the newest release of what
# another package asks for with an extra ("pydantic[email]"), and then refuses it for want of a hash.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "adaptgen needs Python 3.11 or later: make PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip --disable-pip-version-check check
	$(BIN)/python -m compileall -q -j 0 adaptgen
	@touch $@

demo: $(STAMP)  ## the bundled CRM, before and after
	$(BIN)/adaptgen demo

test: $(STAMP)  ## the quick tests, on every core
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder -m "not slow"

test-all: $(STAMP)  ## all tests, real services included
	$(BIN)/python -m pytest -q

check: lint types imports structure fresh docs site  ## everything but the tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy adaptgen
	$(BIN)/mypy generated

imports: $(STAMP)
	$(BIN)/lint-imports

structure: $(STAMP)  ## no function that nobody can follow, no folder that is a list
	$(BIN)/python docs/structure.py

fresh: $(STAMP)  ## generated/ is what the specs give
	$(BIN)/adaptgen build specs/*.yaml --check

docs: $(STAMP)  ## every figure and command in the docs is what a script prints
	$(BIN)/python docs/check.py

site: $(STAMP)  ## the docs as a site in build/site, every link checked
	$(BIN)/python docs/site/build.py

dist: $(STAMP)  ## sdist, wheel and bill of materials, tested in an environment with nothing else
	$(BIN)/python docs/dist.py
	ADAPTGEN_DIST=1 $(BIN)/python -m pytest -q tests/release/test_dist.py

lock: $(STAMP)  ## write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
