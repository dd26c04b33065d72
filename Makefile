# Everything happens in $(VENV); nothing is installed outside it.
PYTHON ?= python3
VENV ?= .venv
REGION ?= liaocheng
YEAR ?= 2023
PORT ?= 8501

BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help run first-run test slow bench clean
.DEFAULT_GOAL := help

help:
	@echo "make run     open the page in a browser, on PORT=$(PORT)"
	@echo "make first-run  simulate REGION=$(REGION) in YEAR=$(YEAR), printed as a table"
	@echo "make test    lint, types and tests"
	@echo "make slow    the tests that take minutes"
	@echo "make bench   benchmarks"
	@echo "make clean   remove $(VENV) and what tools left behind"

run: $(RUN_STAMP)
	$(BIN)/streamlit run app.py --server.port $(PORT)

first-run: $(RUN_STAMP)
	$(BIN)/python -m sim run $(REGION) --year $(YEAR)

test: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n auto --dist worksteal

slow: $(DEV_STAMP)
	$(BIN)/python -m pytest -q -m slow

bench: $(DEV_STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with PYTHON=..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# Installed again when pyproject.toml changes.
$(RUN_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(RUN_STAMP) $@
