# The Assayer. `make` lists what there is; Python 3.11 or later and make are all it needs.

# The checkout, wherever make was called from (make -f path/Makefile). One shell word, so that a space is no harm.
ROOT := $(shell dirname -- "$(strip $(MAKEFILE_LIST))")
ifneq ($(shell test -f "$(ROOT)/pyproject.toml" -a -f "$(ROOT)/tools/env.py" && echo whole),whole)
$(error assayer: no pyproject.toml and tools/ beside this Makefile: run make in a whole checkout of The Assayer)
endif

PYTHON ?= python3
TORCH ?= auto
JOBS ?= 2
PORT ?=
export TORCH UPGRADE

VENV := .venv/bin/python
IN := cd "$(ROOT)" &&
ENV = @$(IN) { command -v "$(PYTHON)" >/dev/null || \
	{ echo "assayer: no $(PYTHON) on the PATH; name yours: make PYTHON=python3.12 ..." >&2; exit 2; }; } && \
	"$(PYTHON)" tools/env.py
STEP = @echo "assayer: $(1)"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help book pdf serve test lint unit contract notebooks refresh mutants tables colab lock clean env-site env-all

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' "$(ROOT)/Makefile"
	@echo
	@echo "PYTHON=python3.12 names the Python, TORCH=cpu or plain the kind of torch, JOBS=2 the processes of a test."

book: env-site ## build the site from the stored outputs and say where it is
	@$(IN) $(VENV) -m assayer.site.build

serve: book ## build the site and open it on loopback (PORT=8000)
	@$(IN) "$(VENV)" tools/serve.py _build/html "$(PORT)"

pdf: env-all book ## print the whole book as one PDF (needs Chromium or Chrome)
	@$(IN) $(VENV) -m assayer.site.pdf

test: lint unit contract notebooks ## check everything: ruff, unit tests, the chapter contract, every notebook
	$(call STEP,all green)

lint: env-all ## run ruff over code and notebooks
	$(call STEP,ruff)
	@$(IN) $(VENV) -m ruff check .

unit: env-all
	$(call STEP,unit tests)
	@$(IN) $(VENV) -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not share" tests --ignore=tests/chapters

contract: env-all
	$(call STEP,the chapter contract)
	@$(IN) $(VENV) -m pytest -q tests/chapters

notebooks: env-all
	$(call STEP,every notebook against its stored outputs)
	@$(IN) $(VENV) -m assayer.validation --jobs $(JOBS) $(if $(ALL),--all) $(if $(KERNELS),--kernels $(KERNELS))

refresh: ## run one notebook and store its outputs (CHAPTER=numbers/near_product)
	@test -n "$(CHAPTER)" || { echo "assayer: which chapter? make refresh CHAPTER=numbers/near_product" >&2; exit 2; }
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" env-all
	@$(IN) $(VENV) -m assayer.notebooks refresh "chapters/$(patsubst chapters/%,%,$(CHAPTER:.ipynb=)).ipynb" $(if $(ACCEPT),--accept)

mutants: env-all ## mutate every derivation and helper function; fail if a false mutant is accepted (SEED=1 COUNT=5000 MINUTES=15)
	$(call STEP,mutants of derivations)
	@$(IN) $(VENV) -m assayer.mutation --count $(or $(COUNT),5000) $(if $(SEED),--seed $(SEED)) --jobs $(JOBS) \
		--bank tests/derivation/traps/trap_bank/__init__.py:STEPS --json benchmarks/mutants.json
	$(call STEP,mutants of the functions of the chapters)
	@$(IN) $(VENV) -m assayer.mutation results $(if $(SEED),--seed $(SEED)) --minutes $(or $(MINUTES),15) --jobs $(JOBS) \
		--json benchmarks/mutants.json

tables: env-all ## compare simplify, equals, sampling and the checker on the banks of false and true claims
	@$(IN) $(VENV) benchmarks/checker.py
	@$(IN) $(VENV) -m pytest -q -m share tests/derivation/traps

colab: env-all ## run each chapter's Colab edition as it runs there (PYTHON=python3.13 CHAPTER=near_product)
	$(call STEP,each chapter as in Colab)
	@$(IN) $(VENV) tools/colab.py --python "$(PYTHON)" $(notdir $(CHAPTER:.ipynb=))

lock: env-all ## write requirements.txt anew from pyproject.toml (UPGRADE=1 takes the newest)
	@$(IN) $(VENV) tools/lock.py

clean: ## remove what was built (the site and caches; .venv stays)
	@$(IN) rm -rf _build .pytest_cache .ruff_cache .hypothesis lib/assayer.egg-info && \
		find lib tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

env-site:
	$(ENV) site

env-all:
	$(ENV) all
