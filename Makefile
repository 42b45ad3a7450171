# Two commands for a new user: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi

.DEFAULT_GOAL := help
.PHONY: help run check test coverage mutants lint docs pictures wheel bench chaos fuzz clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

run: export WATCHWORD_ENV = development
run: export WATCHWORD_CONSOLE ?= on
run: .venv/installed ## Serve the documents' sample identities on 127.0.0.1:8000
	@mkdir -p instance
	$(FLASK) db upgrade
	$(FLASK) seed app/cli/demo.json
	exec $(BIN)/gunicorn -c gunicorn.conf.py wsgi:app

# The folders whose tests start no program, and how long one of their tests may take.
FAST := tests/test_architecture.py tests/test_docs.py tests/settings tests/core
check: export PYTHONDONTWRITEBYTECODE =
check: .venv/installed-dev ## Lint, types, import contracts and the fast tests, in under 20 seconds
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal -m "not slow" --timeout 5 $(FAST)

# Half the time of a process that a test starts would go into compiling the modules once more.
# A test waits a quarter of its time, for a server or a database: two processes more than there are cores.
# In the order of their folders: by the number of tests, files with few long tests would come last, and one process alone runs the last.
TESTERS := $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)) + 2)')
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/installed-dev ## Run all tests (COVERED=1: with the floor of coverage)
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder $(if $(COVERED),$(FLOOR))

# Of the folders that run the core and the dialects in the test's own process.
COVERING := tests/core tests/dialects tests/contract tests/cli tests/http tests/doors tests/store tests/settings tests/security
FLOOR := --cov --cov-report=term --cov-fail-under=100
coverage: .venv/installed-dev ## Fail unless every line and branch of app/core and app/dialects is run by a test
	$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadfile -m "not e2e and not browser" $(FLOOR) $(COVERING)

mutants: .venv/installed-dev ## Change the guard and the session states, a little at a time, and list the changes that no test notices
	rm -rf mutants
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

lint: .venv/installed-dev ## Check style, types, imports and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.migration_drift

docs: .venv/installed-dev ## Write the parts of the documentation that repeat the code, and the harness's empty database
	$(BIN)/python -m docs.generate

pictures: .venv/installed-dev ## Take the pictures of docs/console.md anew, in Chromium
	$(BIN)/python -m docs.pictures

# setuptools would pack what an earlier build left, and pytest would load the plugin of a left egg-info.
# `pip wheel` would start four processes to make the same call of setuptools.
BUILT := build/lib build/bdist.* watchword.egg-info
DIST := dist
wheel: .venv/installed-dev ## Build dist/watchword-*.whl: the service, the command and the harness for tests
	rm -rf $(BUILT)
	$(BIN)/python -c 'from setuptools.build_meta import build_wheel; build_wheel("$(DIST)")' >/dev/null
	rm -rf $(BUILT)

bench: .venv/installed-dev ## Measure beside bare WSGI, bare Flask and the peers (ONLY=part, QUICK=1)
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

chaos: .venv/installed-dev ## Kill, starve and flood it, and count lost answers (ONLY=scenario,…)
	$(BIN)/python -m chaos $(if $(ONLY),--only $(ONLY))

fuzz: .venv/installed-dev ## Feed the parsers and the service nonsense (SECONDS=60, ONLY=target,…)
	$(BIN)/python -m fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only $(ONLY))

clean: ## Remove the virtual environment, the databases and all caches
	rm -rf .venv instance build dist mutants benchmarks/.cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements.txt requirements-otel.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch .venv/installed $@
