.DEFAULT_GOAL := help

# The interpreter to build .venv with. An environment that is there stays in
# use until another one is asked for: make PYTHON=python3.12 stage-01
PYTHON ?= $(or $(patsubst .venv/installed-with-%,%,$(wildcard .venv/installed-with-*)),python3)
INSTALLED := .venv/installed-with-$(notdir $(PYTHON))
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

$(INSTALLED): pyproject.toml
	@test -e $@ || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install $(PIP_ARGS) --editable .
	@touch $@
