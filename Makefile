# The interpreter that .venv is made with. Once it is made it stays in use,
# until another is asked for: make PYTHON=python3.12 stage-01
PYTHON ?= $(or $(patsubst .venv/installed-with-%,%,$(wildcard .venv/installed-with-*)),python3)
INSTALLED := .venv/installed-with-$(notdir $(PYTHON))
VENV_PYTHON := .venv/bin/python

# The versions that the published results were measured with. To install the
# newest that pyproject.toml allows: make CONSTRAINTS= stage-01
CONSTRAINTS ?= shared/results/constraints.txt
INSTALL := $(VENV_PYTHON) -m pip install --disable-pip-version-check $(PIP_ARGS) $(addprefix --constraint ,$(CONSTRAINTS))

.PHONY: help stages check progress guess history bisect bisect-step data book notebooks translations prove mutants bench faults test test-slow test-book lint results readme clean

help:
	@echo 'Start here:'
	@echo '  make stage-01  run the first program, then read its file'
	@echo '  make diff-02   read the change to the next one, and so on'
	@echo '  make book      or read all of it in a browser'
	@echo
	@echo 'make stage-07    run stage 07; ARGS="--epochs 5" changes how'
	@echo 'make diff-07     show the change from stage 06 to stage 07'
	@echo 'make explain-07  say why your numbers differ from the published ones'
	@echo 'make stages      run all twelve, then compare them'
	@echo 'make try-07      make the change of stage 07 yourself'
	@echo 'make check-07    check your change; ARGS="--watch" at every save'
	@echo 'make check       ARGS="--all FOLDER": check all answers in a folder'
	@echo 'make hint-07     show one more hint'
	@echo 'make progress    show which changes you have made'
	@echo 'make guess       find the line that is broken, if any; ARGS="--deck 08"'
	@echo 'make history     write the programs as a git repository'
	@echo 'make bisect      plant a bug in such a repository, to be found;'
	@echo '                 make bisect-step says if a commit has it'
	@echo 'make prelude-autograd, encore-checkpoint ...'
	@echo '                 run a prelude or an encore; README.md lists them'
	@echo 'make data        download MNIST and nothing more'
	@echo 'make book        make web pages of all this, site/index.html'
	@echo 'make notebooks   make notebooks of all this, in site/notebooks/'
	@echo 'make prove       train everything in full and check every promise'
	@echo 'make mutants     break stages on purpose and catch each of them'
	@echo 'make bench       measure time beside other libraries'
	@echo '                 ARGS="--startup" until the first result'
	@echo '                 ARGS="--threads" quiet and busy, one thread and more'
	@echo '                 ARGS="--costs" what each stage costs, and where'
	@echo 'make faults      break network and disk on purpose'
	@echo 'make test        run all tests but the slow ones'
	@echo 'make test-slow   run the slow tests'
	@echo 'make test-book   test the book in the chromium of this system'
	@echo 'make lint        check format, style, and which room uses which'
	@echo 'make results     measure again what README.md and the book show'
	@echo 'make readme      write results into README.md'
	@echo 'make translations  list what the Chinese edition lacks'
	@echo 'make clean       remove what was made, except .venv/ and data/'
	@echo
	@echo 'ARGS="--help" shows the flags of a run; README.md tells the rest.'

stage-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $* $(ARGS)

prelude-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@ $(ARGS)

encore-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@ $(ARGS)

encore-checkpoint: .venv/extra-proof

encore-distributed: override ARGS += $(if $(NPROC),--nproc $(NPROC))

diff-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages diff $* $(ARGS)

explain-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages explain $* $(ARGS)

try-% hint-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $(firstword $(subst -, ,$@)) $* $(ARGS)

# That an exercise is not solved yet, exit code 1, is no error of make's.
check-%: $(INSTALLED)
	@$(VENV_PYTHON) -m stages check $* $(ARGS) || [ $$? -eq 1 ]

check progress guess history bisect data readme: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@ $(ARGS)

# `git bisect run` takes a commit for bad if make fails, whatever the reason.
# If the step could not judge, make ends by a signal, and git stops. It is one
# that make does not handle: it may fail to end by another.
bisect-step: $(INSTALLED)
	@$(VENV_PYTHON) -m stages $@; code=$$?; \
	[ $$code -lt 128 ] || kill -KILL $$PPID; exit $$code

stages: $(INSTALLED)
	@$(VENV_PYTHON) -m stages all $(ARGS)

book translations: .venv/extra-book
notebooks: .venv/extra-notebooks
prove mutants: .venv/extra-proof
results: .venv/extra-dev
bench: $(INSTALLED) $(if $(filter --startup --threads --costs,$(ARGS)),,.venv-bench/installed)
book notebooks translations prove mutants results bench:
	@$(VENV_PYTHON) -m stages $@ $(ARGS)

faults: .venv/extra-test
	$(VENV_PYTHON) -m pytest tests/data/test_faults.py -m '' --table $(ARGS)

# Several files at a time: --numprocesses 0 in ARGS is one after another.
PYTEST := $(VENV_PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: .venv/extra-test
	$(PYTEST) $(ARGS)

test-slow: .venv/extra-test
	$(VENV_PYTHON) -m pytest -m slow $(ARGS)

test-book: .venv/extra-dev
	$(VENV_PYTHON) -m pytest -m browser --reruns 3 tests/book $(ARGS)

lint: .venv/extra-dev
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	.venv/bin/lint-imports

clean:
	rm -rf runs site .pytest_cache .ruff_cache .import_linter_cache
	find stages shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml $(CONSTRAINTS)
	@test -e $@ || $(PYTHON) -m venv --clear .venv
	$(INSTALL) --editable .
	@touch $@

.venv/extra-%: $(INSTALLED)
	$(INSTALL) --editable ".[$*]"
	@touch $@

# What stage 12 is compared with. Torch, and all else that the project has, is
# that of .venv; nothing of this is in .venv.
.venv-bench/installed: $(INSTALLED) shared/extras/peers/constraints.txt
	$(VENV_PYTHON) -m venv --clear .venv-bench
	site=$$(.venv-bench/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))") && \
	    $(VENV_PYTHON) -c "import sysconfig; print(sysconfig.get_path('purelib'))" > "$$site/project.pth"
	.venv-bench/bin/python -m pip install --disable-pip-version-check $(PIP_ARGS) $(addprefix --constraint ,$(CONSTRAINTS)) \
	    --constraint shared/extras/peers/constraints.txt lightning pytorch-ignite skorch keras packaging
	@touch $@
