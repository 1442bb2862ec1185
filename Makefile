# Riznica. `make run` and `make test` are all that a newcomer needs; both install what they need.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

# Outside the checkout, so that a fresh clone finds RocksDB compiled already.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/riznica/target
# Where `make run` keeps its data and where it listens.
export DATA_DIR ?= ./data
export LISTEN ?= 127.0.0.1:9000
export ADMIN_LISTEN ?= 127.0.0.1:9001

.PHONY: help run build test lint fmt clients torture

help: ## This list.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@echo
	@echo "  Variables: DATA_DIR=$(DATA_DIR) LISTEN=$(LISTEN) ADMIN_LISTEN=$(ADMIN_LISTEN)"

run: ## Install what is missing, build, and start a gateway with a demo tenant on ./data.
	@scripts/setup.sh build-deps
	scripts/build.sh --bin riznica
	exec scripts/run.sh

build: ## Install what is missing and build the release binary.
	@scripts/setup.sh build-deps
	scripts/build.sh --bin riznica

test: ## Install what the tests need and run all of them (QUICK=1: smaller data, as in CI).
	@scripts/setup.sh build-deps
	scripts/setup.sh test-deps
	exec scripts/test.sh

lint: ## Formatting and clippy only.
	@scripts/setup.sh build-deps
	exec scripts/test.sh lint

fmt: ## Format the sources.
	@cargo fmt

clients: ## The real clients against the release binary, full size; also crash, memory, bit flips.
	@scripts/setup.sh build-deps
	scripts/setup.sh test-deps
	exec scripts/test.sh clients

torture: ## Fuzz every parser, TORTURE_SECONDS (60) each; MODEL_STEPS (2000000) beside the model.
	@scripts/setup.sh torture-deps
	exec scripts/torture.sh
