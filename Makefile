# Everything here runs in .venv, which is made on the first call and renewed when the pinned requirements change.
# PYTHON=python3.13 picks another interpreter, VENV=.venv-3.13 another place for it, ARGS="-k severity" goes to pytest.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
SHIPPED := $(VENV)/.shipped
TOOLS := $(VENV)/.tools
UV := $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate

# Tools that bring many packages of their own live in environments of their own, pinned in tools/.
SAM := .tools/sam/bin/sam
MINISTACK ?= .tools/ministack/bin/ministack
export SAM_CLI_TELEMETRY := 0
# Where the stack goes: make deploy STACK=tocsin-staging ARGS="--parameter-overrides AlarmEmail=you@example.com"
STACK ?= tocsin
FUNCTION ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test integration peers conformance lint format bench picture access tools template workflows build deploy zip dist pins clean venv
.PRECIOUS: .tools/%/.made

## List what can be made
help:
	@awk '/^## /{what = substr($$0, 4); next} /^[a-z]+:/ && what {sub(/:.*/, ""); printf "  make %-11s %s\n", $$0, what} {what = ""}' Makefile

## Play half an hour of incidents against a simulated Datadog
demo: $(SHIPPED)
	@$(BIN)/python cli.py demo

## Run the tests in two processes (COVERAGE=1 measures them too)
test: $(TOOLS)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(if $(COVERAGE),--cov --cov-report=) $(ARGS)

## Run the tests that need a stand-in for AWS, a server of its own
integration: $(TOOLS) .tools/ministack/.made
	MINISTACK=$(MINISTACK) $(BIN)/python -m pytest -n 2 -m standin $(ARGS)

## Run the tests that need Prometheus and Alertmanager, unpacked from Debian's packages
peers: $(TOOLS) .tools/peers/.made
	PEERS=.tools/peers $(BIN)/python -m pytest -n 2 -m peers tests/peers $(ARGS)

## Try the API against its own description, as whoever may ask, for three to four minutes
conformance: $(TOOLS) .tools/schemathesis/.made
	SCHEMATHESIS=.tools/schemathesis/bin/schemathesis $(BIN)/python -m pytest tests/api/test_own_description.py $(ARGS)

## Check format, rules, types and the direction of imports
lint: $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports --no-logo

## Put the code into its one format, and mend what can be mended mechanically
format: $(TOOLS)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

## Measure, and print the table of ratios; those of the cloud once make tools was run
bench: $(TOOLS)
	MINISTACK=$(MINISTACK) PYTHONPATH=src $(BIN)/python -m benchmarks $(ARGS)

## Draw the README's picture of the list from the real program
picture: $(TOOLS)
	$(BIN)/python docs/picture.py

## Write docs/access.md from the table of who may do what
access: $(TOOLS)
	PYTHONPATH=src $(BIN)/python tools/access_page.py

## Install the tools of the cloud: SAM, checkov, a stand-in for AWS ...
tools: $(patsubst tools/%.in,.tools/%/.made,$(wildcard tools/*.in))

## Check the stack's templates
template: .tools/sam/.made .tools/checkov/.made
	$(SAM) validate --lint --template template.yaml --region us-east-1
	.tools/sam/bin/cfn-lint template.yaml infra/*.yaml
	.tools/checkov/bin/checkov --quiet --compact --skip-download --framework cloudformation --file template.yaml infra/*.yaml

## Check the workflows; make test looks into them, too
workflows: .tools/workflows/.made
	.tools/workflows/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.tools/workflows/bin/zizmor --offline --no-progress --quiet --config .github/zizmor.yml .github/workflows

## Build what runs on Lambda into .aws-sam/build (needs python3.13 somewhere)
build: .tools/sam/.made $(BIN)/python
	$(SAM) build

# What sam build runs; ARTIFACTS_DIR is its.
build-SyncFunction build-ApiFunction build-PagerFunction: $(BIN)/python
	$(BIN)/python tools/ship.py "$(ARTIFACTS_DIR)" $(if $(SHIP_FOR),--python $(SHIP_FOR))

## Build and deploy the stack $(STACK) with the AWS credentials of your shell
deploy: build
	$(SAM) deploy --stack-name $(STACK) --resolve-s3 --capabilities CAPABILITY_IAM $(ARGS)

## Zip the same into dist/tocsin-lambda.zip; FUNCTION=tocsin-sync uploads it, too
zip: $(BIN)/python
	$(BIN)/python tools/ship.py build/lambda
	$(BIN)/python tools/pack.py build/lambda dist/tocsin-lambda.zip
	$(if $(FUNCTION),aws lambda update-function-code --publish --function-name $(FUNCTION) \
		--zip-file fileb://dist/tocsin-lambda.zip --query Version --output text)

## Build the sdist and the wheel into dist/
dist: $(TOOLS)
	rm -rf dist
	$(BIN)/python -m build --no-isolation

## Pin the newest versions that pyproject.toml allows (needs uv)
pins:
	$(COMPILE) --upgrade --output-file requirements.txt pyproject.toml
	{ echo '-r requirements.txt'; $(COMPILE) --group dev --constraint requirements.txt \
		`sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.txt`; } > requirements-dev.txt
	for name in tools/*.in; do $(COMPILE) --upgrade --output-file $${name%.in}.txt $$name; done

## Remove everything that was made here, the virtual environment too
clean:
	rm -rf $(VENV) .tools .aws-sam build dist htmlcov mutants .coverage .coverage.* coverage.json
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -type d -name __pycache__ -prune -exec rm -rf {} +

# The virtual environment with all tools, for scripts.
venv: $(TOOLS)

# The virtual environment itself.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Tocsin needs Python 3.11 or newer: make PYTHON=python3.13 ...' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

# What ships: all that the demo needs.
$(SHIPPED): requirements.txt $(BIN)/python
	$(INSTALL) -r requirements.txt
	@touch $@

# Real senders of alerts.
.tools/peers/.made: tools/peers.sh
	bash $< .tools/peers
	@touch $@

# One of the tools' own environments.
.tools/%/.made: tools/%.txt
	$(PYTHON) -m venv --clear .tools/$*
	$(if $(UV),$(UV) pip install --quiet --python .tools/$*/bin/python,.tools/$*/bin/python -m pip install --quiet --disable-pip-version-check) -r $<
	@touch $@

# That, and the tools.
$(TOOLS): requirements-dev.txt requirements.txt $(BIN)/python
	$(INSTALL) -r requirements-dev.txt
	@touch $(SHIPPED) $@
