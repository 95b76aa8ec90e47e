# Two commands: `make nightly` runs a night, `make test` proves the code. Both install
# what they need into .venv from the lock files, once; Spark comes with `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: nightly test soak bench lint lock clean

nightly: $(VENV)/.night
	$(BIN)/tollbook demo --first-night
	$(BIN)/tollbook nightly

# Two at a time: most of it waits for dbt or Spark on one core.
test: lint
	$(BIN)/pytest -n 2 --dist loadfile

# An hour: kills at every durable step and at random, readers through 100 nights,
# thousands of random worlds.
soak: $(VENV)/.dev
	$(BIN)/pytest -m soak

# An hour at full size; `make bench BENCH="landing --scale 0.1"` takes less.
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(BENCH)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	TOLLBOOK_WAREHOUSE=:memory: $(BIN)/sqlfluff lint --processes 2 models tests/data analyses

# Run after changing the dependencies in pyproject.toml; needs uv.
lock:
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--upgrade -o requirements.lock
	uv pip compile pyproject.toml --group build --extra dev --extra spark \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header -c requirements.lock -o requirements-dev.lock
	uv pip compile pyproject.toml --group build --extra bench --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header -c requirements.lock -o requirements-bench.lock

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tollbook needs Python 3.11 or later; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.night: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.night
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.night
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	touch $@
