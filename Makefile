# The interpreter that .venv is made with. Once it is made it stays in use,
# until another is asked for: make PYTHON=python3.12 stage-01
PYTHON ?= $(or $(patsubst .venv/installed-with-%,%,$(wildcard .venv/installed-with-*)),python3)
INSTALLED := .venv/installed-with-$(notdir $(PYTHON))
VENV_PYTHON := .venv/bin/python

.PHONY: help stages data test test-slow lint readme clean

help:
	@echo 'make stage-07    run stage 07; ARGS="--epochs 5" to change how'
	@echo 'make stages      run all twelve, then compare them'
	@echo 'make data        only get MNIST'
	@echo 'make test        check everything that can be checked in minutes'
	@echo 'make test-slow   check the rest'
	@echo 'make lint        check format and style'
	@echo 'make readme      write the ladder into README.md'
	@echo 'make clean       remove what was made, except .venv/ and data/'
	@echo
	@echo 'ARGS="--help" shows the flags of a run; README.md tells the rest.'

stage-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $* $(ARGS)

stages: $(INSTALLED)
	@$(VENV_PYTHON) -m stages all $(ARGS)

data readme: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@

test: $(INSTALLED)
	$(VENV_PYTHON) -m pytest $(ARGS)

test-slow: $(INSTALLED)
	$(VENV_PYTHON) -m pytest -m slow $(ARGS)

lint: $(INSTALLED)
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .

clean:
	rm -rf runs site .pytest_cache .ruff_cache
	find stages shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml
	@test -e $@ || $(PYTHON) -m venv --clear .venv
	$(VENV_PYTHON) -m pip install --disable-pip-version-check $(PIP_ARGS) --editable .
	@touch $@
