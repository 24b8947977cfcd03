# Everything a person or a CI machine does with a checkout. Each target makes what it needs.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2

.PHONY: help install demo test lint types contracts wheel schemas browser engines bench clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(READY)  ## Create .venv with aisprint and all it needs

$(READY): requirements-dev.lock pyproject.toml scripts/bootstrap.sh
	@sh scripts/bootstrap.sh $(VENV)
	@touch $@

demo: $(READY)  ## The main job on a real application: validate, design, deploy, invoke, undeploy
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/demo.sh

test: $(READY)  ## All tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lint: $(READY)  ## Style and common faults
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY)  ## Static types, strict
	@$(BIN)/mypy

engines:  ## Install container engines and a registry for the tests of images (root, Debian)
	@sh scripts/container_engines.sh

contracts: $(READY)  ## Who may import whom
	@$(BIN)/lint-imports

wheel: $(READY)  ## Build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

schemas: $(READY)  ## Write schemas/ again from the models
	@$(BIN)/aisprint schema --write schemas

browser:  ## Install Chromium, in which tests look at report pages; without it they are skipped
	@sh scripts/browser.sh

bench: $(READY)  ## Print every benchmark's figures
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

clean:  ## Remove what make created
	rm -rf $(VENV) dist demo-output
