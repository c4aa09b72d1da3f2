# The interpreter that .venv is made with. Once it is made it stays in use,
# until another is asked for: make PYTHON=python3.12 stage-01
PYTHON ?= $(or $(patsubst .venv/installed-with-%,%,$(wildcard .venv/installed-with-*)),python3)
INSTALLED := .venv/installed-with-$(notdir $(PYTHON))
BROWSER := .venv/installed-browser
VENV_PYTHON := .venv/bin/python

.PHONY: help stages progress data book prove mutants faults test test-slow test-book lint results readme clean

help:
	@echo 'make stage-07    run stage 07; ARGS="--epochs 5" to change how'
	@echo 'make diff-07     read the change from stage 06 to stage 07'
	@echo 'make stages      run all twelve, then compare them'
	@echo 'make try-07      make the change of stage 07 yourself'
	@echo 'make check-07    have yours checked; ARGS="--watch" to go on'
	@echo 'make hint-07     get one hint more; ARGS="--reverse" to undo'
	@echo 'make progress    see which changes you have made'
	@echo 'make prelude-autograd, encore-checkpoint ...'
	@echo '                 run what comes before and after; README.md lists it'
	@echo 'make data        only get MNIST'
	@echo 'make book        make pages of all this, site/index.html'
	@echo 'make prove       train all in full and check what each promises'
	@echo 'make mutants     break stages on purpose and catch each'
	@echo 'make faults      break network and disk on purpose, likewise'
	@echo 'make test        check everything that can be checked in minutes'
	@echo 'make test-slow   check the rest'
	@echo 'make test-book   check the book in the chromium of this system'
	@echo 'make lint        check format and style'
	@echo 'make results     measure what README.md shows, on MNIST'
	@echo 'make readme      write it into README.md'
	@echo 'make clean       remove what was made, except .venv/ and data/'
	@echo
	@echo 'ARGS="--help" shows the flags of a run; README.md tells the rest.'

stage-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $* $(ARGS)

prelude-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@ $(ARGS)

encore-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@ $(ARGS)

encore-distributed: override ARGS += $(if $(NPROC),--nproc $(NPROC))

diff-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages diff $* $(ARGS)

try-% check-% hint-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $(firstword $(subst -, ,$@)) $* $(ARGS)

progress: $(INSTALLED)
	@$(VENV_PYTHON) -m stages progress

stages: $(INSTALLED)
	@$(VENV_PYTHON) -m stages all $(ARGS)

data book readme: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@

prove: $(INSTALLED)
	@$(VENV_PYTHON) -m stages prove $(ARGS)

mutants: $(INSTALLED)
	@$(VENV_PYTHON) -m tests.mutants $(ARGS)

faults: $(INSTALLED)
	$(VENV_PYTHON) -m pytest tests/test_faults.py -m '' --table $(ARGS)

results: $(INSTALLED) $(BROWSER)
	$(VENV_PYTHON) -m stages prove --data mnist --into shared/results
	$(VENV_PYTHON) -m tests.mutants --into shared/results
	$(VENV_PYTHON) -m stages standin --into shared/results
	$(VENV_PYTHON) -m stages measure --data mnist --into shared/results
	$(VENV_PYTHON) -m stages 09 --data mnist
	cp runs/stage-09/predictions.png shared/results/
	$(VENV_PYTHON) -m stages encore-fast --measure --data mnist --into shared/results
	$(VENV_PYTHON) -m stages readme
	$(VENV_PYTHON) -m tests.chromium

test: $(INSTALLED)
	$(VENV_PYTHON) -m pytest $(ARGS)

test-slow: $(INSTALLED)
	$(VENV_PYTHON) -m pytest -m slow $(ARGS)

test-book: $(BROWSER)
	$(VENV_PYTHON) -m pytest -m browser tests/test_browser.py $(ARGS)

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

$(BROWSER): $(INSTALLED)
	$(VENV_PYTHON) -m pip install --disable-pip-version-check $(PIP_ARGS) --editable .[browser]
	@touch $@
