# Two commands: `make run REPO=path` and `make test`. Both set up all they need.
REPO ?= .
PYTHON ?= python3
CARGO_TARGET_DIR ?= $(HOME)/.cache/codeanatomy/target
export CARGO_TARGET_DIR
export CARGO_NET_RETRY ?= 5

BIN := .venv/bin
RUST := $(shell find crates -name '*.rs' -o -name 'Cargo.toml') Cargo.toml Cargo.lock .cargo/config.toml

.DEFAULT_GOAL := help
.PHONY: help run build test lint fix golden gen scip readers bench accuracy torture wheel clean

help:  ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build  ## Build the graph of REPO (default: this repository) and say what to ask it
	@bin/codeanatomy build "$(REPO)"

build: .venv/engine.stamp  ## Set up .venv and the Rust engine

.venv/packages.stamp: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

.venv/engine.stamp: .venv/packages.stamp pyproject.toml $(RUST)
	$(BIN)/maturin develop --quiet --profile work
	@touch $@

test: build $(if $(shell command -v npm),scip) readers  ## Every test, Rust and Python
	cargo test --quiet --workspace --profile work --locked
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

lint: build  ## ruff, mypy, stubtest, rustfmt, clippy and the generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml codeanatomy._engine
	$(BIN)/python bin/gen --check
	cargo fmt --all --check
	cargo clippy --quiet --workspace --profile work --locked -- -D warnings

fix: build  ## Format, and mend what the linters can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cargo fmt --all

golden: build  ## Rewrite the expected rows of the literate tests; the diff is the review
	$(BIN)/python -m pytest -q --golden

gen: build  ## Rewrite every generated file
	$(BIN)/python bin/gen

readers: .tools/pandas $(if $(shell command -v java),.tools/pyspark)  ## Install pandas and, where Java is, PySpark beside the checkout, for the tests that they read the tables

.tools/pandas: VERSION = 3.1.1
.tools/pyspark: VERSION = 4.3.0
.tools/pandas .tools/pyspark: .venv/packages.stamp
	rm -rf $@ $@.part
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target $@.part $(@F)==$(VERSION)
	mv $@.part $@

scip: .tools/node_modules/.bin/scip-python  ## Install scip-python beside the checkout, for SCIP symbols in the graph (needs npm)

.tools/node_modules/.bin/scip-python:
	npm install --silent --no-audit --no-fund --prefix .tools @sourcegraph/scip-python@0.6.6

bench: build  ## Django's source distribution: each extractor against its floor, the whole build, memory, cancellation
	$(BIN)/python -m bench run

accuracy: build  ## The graph against truths that others wrote, and PyCG and pyrefly on the same; figures go into the README
	$(BIN)/python -m bench accuracy --keep

torture: build  ## Hostile inputs, kills at random moments, and every row of three large sources counted
	CODEANATOMY_TORTURE=100 $(BIN)/python -m pytest -q tests/torture tests/sandbox tests/evidence/test_counts.py tests/evidence/test_external_interfaces.py

wheel: .venv/packages.stamp  ## The wheel that users install
	$(BIN)/maturin build --profile wheel --out dist

clean:  ## Remove what was built in this clone (the shared target folder stays)
	rm -rf .venv dist build pkg/codeanatomy/_engine*.so
