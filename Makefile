# 点点 Diandian. `make` alone lists what there is to do.
# The virtual environment is made from the lock files on first use, and again when a lock changes.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# A shell that forbids bytecode would have every process compile all that it reads: half a minute more for the tests.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

# The first Python that is new enough; `make PYTHON=/usr/local/bin/python3.13 …` chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)

RUN := .venv/bin/python
ARGS ?=
# What kills processes and servers, drives a browser, runs every verb of the terminal or whole days there, brings an older
# release up to date, draws papers by the hundred, gives by the ten thousand, or walks every page and route there is:
# `make test-faults` runs it, and `make test` does not.
FAULTS := tests/faults tests/embedded tests/journeys $(wildcard tests/pages/test_*_browser.py) tests/wire/test_sandbox_killed.py \
	tests/cli/test_every_verb_in_both_languages.py tests/cli/test_first_day.py \
	tests/cli/test_role_withdrawn_at_the_terminal.py tests/pages/test_templates_render.py \
	tests/rooms/programmes/gifts/test_ten_thousand_codes.py \
	$(wildcard tests/rules/test_rendering_*.py) $(wildcard tests/doors/test_*role_withdrawn.py) \
	tests/doors/test_database_away_everywhere.py tests/doors/test_routes_matrix.py \
	$(filter-out %/test_fresh.py %/test_living.py %/test_schema.py,$(wildcard tests/migrations/test_*.py))

# A stamp says for which lock and which place this environment was made: a moved checkout is made anew too.
key = $(shell { pwd; cat $(1); } | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-16)
READY := .venv/.ready-$(call key,requirements.lock)
READY_DEV := .venv/.ready-dev-$(call key,requirements-dev.lock)
LOG := .venv/install.log

##@ Try it

demo: $(READY) ## the whole platform on 127.0.0.1, with a guided journey
	@$(RUN) -m app.cli demo $(if $(filter 0,$(STAY)),--walk-only) $(if $(filter-out 0,$(LAN)),--lan) $(ARGS)

up: $(READY) ## only PostgreSQL and Valkey; prints their addresses
	@$(RUN) -m app.embedded $(ARGS)

migrate: $(READY) ## bring the schema of DATABASE_OWNER_URL up to date
	@$(RUN) -m app.cli migrate $(ARGS)

##@ Change it

test: $(READY_DEV) ## everything a change must pass, but the faults
	@$(RUN) tests/timed.py 9 $(MAKE) all-but-faults

test-faults: $(READY_DEV) ## what kills processes and servers or drives a browser; slower
	@$(RUN) tests/timed.py 40 $(RUN) -m pytest -n 2 $(FAULTS) $(ARGS)

# Types are looked at beside the tests, when these wait, and told after them: alone, one core would wait for the other for
# half a minute.
all-but-faults: style
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	nice $(RUN) -m mypy >"$$log" 2>&1 & types=$$!; trap 'kill $$types 2>/dev/null' INT TERM; \
	tests=0; $(MAKE) pytest || tests=$$?; \
	typed=0; wait $$types || typed=$$?; \
	$(call heading,mypy); cat "$$log"; \
	[ $$tests = 0 ] && [ $$typed = 0 ]

style: $(READY_DEV)
	@$(call heading,ruff check)
	@$(RUN) -m ruff check .
	@$(call heading,ruff format)
	@$(RUN) -m ruff format --check .

lint: style
	@$(call heading,mypy)
	@$(RUN) -m mypy

# Three processes for two cores: a test waits for PostgreSQL, or for a far side, for a quarter of its time.
pytest: $(READY_DEV)
	@$(call heading,pytest)
	@$(RUN) -m pytest -n 3 $(FAULTS:%=--ignore=%) $(ARGS)

check: lint ## the quick part: format, lint, types, import contracts, rules
	@$(call heading,contracts and rules)
	@$(RUN) -m pytest tests/architecture tests/rules $(ARGS)

journeys: $(READY_DEV) ## the stories: a citizen, an organiser, a court, from outside
	@$(RUN) -m pytest tests/journeys $(ARGS)

bench: $(READY_DEV) ## measure the figures we promise, on this machine
	@$(RUN) tests/benchmarks $(ARGS)

campaign: $(READY_DEV) ## faults for hours: CAMPAIGN_MINUTES, ROW=F3, SEED=…
	@$(RUN) tests/campaign

cluster: $(READY_DEV) ## the platform on several machines: failover, restore, rolling release
	@$(RUN) tests/cluster $(ARGS)

##@ Keep house

# A lock says what is installed, not where it was fetched: lines of options are dropped, whatever they say.
lock: .venv/tools/bin/pip-compile ## resolve both lock files from pyproject.toml
	@$(call step,requirements-dev.lock,$(COMPILE) --extra dev -o requirements-dev.lock pyproject.toml)
	@$(call step,requirements.lock,$(COMPILE) --extra build -c requirements-dev.lock -o requirements.lock pyproject.toml)
	@sed -i '/^--/d' requirements-dev.lock requirements.lock

clean: ## remove what make has made; the data in .data stay
	@rm -rf .venv build dist artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -not -path './.data/*' -prune -exec rm -rf {} +

##@ Say more
#@ make demo STAY=0           end after the journey; its result is the exit code
#@ make demo LAN=1            let a phone in the same network in
#@ make test ARGS='-k gift'   hand words on to pytest, or to the command
#@ make test-faults           processes and servers killed; what CI runs, too
#@ make campaign ROW=F3 SEED=4711  one round again
#@ make lock UPGRADE=1        take newer versions where pyproject.toml allows
#@ make demo PYTHON=python3.13

help:
	@if [ -t 1 ]; then bold=$$(printf '\033[1m') dim=$$(printf '\033[2m') plain=$$(printf '\033[0m'); fi; \
	printf '\n  %s点点 Diandian%s · %s\n' "$$bold" "$$plain" 'from a scanned QR code to a certificate anybody can check'; \
	awk -v bold="$$bold" -v dim="$$dim" -v plain="$$plain" ' \
		/^##@ / { printf "\n  %s%s%s\n", dim, substr($$0, 5), plain } \
		/^[a-z-]+:.*## / { name = $$0; sub(/:.*/, "", name); text = $$0; sub(/.*## /, "", text); \
			printf "    %smake %-11s%s %s\n", bold, name, plain, text } \
		/^#@ / { printf "    %s\n", substr($$0, 4) } \
		END { print "" }' Makefile

.PHONY: help demo up migrate test test-faults all-but-faults style lint pytest check journeys bench campaign cluster lock clean

# ---------------------------------------------------------------------------------------------------------------

# Not compiled: Python does that for the quarter it imports, when it imports it.
PIP := $(RUN) -m pip install --disable-pip-version-check --no-input --progress-bar off --root-user-action ignore --no-compile
TOOLS := .venv/tools/bin/python
COMPILE = .venv/tools/bin/pip-compile --quiet --generate-hashes --strip-extras --no-header --no-annotate --allow-unsafe $(if $(UPGRADE),--upgrade)

heading = if [ -t 1 ]; then printf '\n\033[1m── %s\033[0m\n' '$(1)'; else printf '\n── %s\n' '$(1)'; fi

# $(call step,what,command): one line with its time, which counts up where somebody watches. When the command failed: its
# own last word, and where all of it stands. The counter ends with its shell, however that ends.
step = began=$$(date +%s); printf '  %-52s' '$(1)'; ticker=; \
	if [ -t 1 ]; then while sleep 1 && kill -0 $$$$ 2>/dev/null; do \
		printf '\r  %-52s%s s' '$(1)' "$$(( $$(date +%s) - began ))"; done & ticker=$$!; fi; \
	if $(2) >>$(LOG) 2>&1; then told="$$(( $$(date +%s) - began )) s"; else told=failed; fi; \
	if [ -n "$$ticker" ]; then kill $$ticker 2>/dev/null; wait $$ticker 2>/dev/null; printf '\r  %-52s' '$(1)'; fi; \
	printf '%s\n' "$$told"; \
	if [ "$$told" = failed ]; then last=$$(grep -a -i 'error' $(LOG) | tail -n 1 | cut -c1-160); \
		printf '  %s\n  All of it: %s\n' "$${last:-no word of an error}" '$(LOG)'; exit 1; fi

$(READY): | .venv/bin/pip
	@$(call step,packages of requirements.lock,$(PIP) --require-hashes -r requirements.lock)
	@$(call step,diandian itself,$(PIP) --no-deps --no-build-isolation -e .)
	@rm -f .venv/.ready-*
	@touch $@

# The development lock holds everything the other one holds, in the same versions.
$(READY_DEV): | .venv/bin/pip
	@$(call step,packages of requirements-dev.lock,$(PIP) --require-hashes -r requirements-dev.lock)
	@$(call step,diandian itself,$(PIP) --no-deps --no-build-isolation -e .)
	@rm -f .venv/.ready-*
	@touch $@ $(READY)

.venv/bin/pip:
	@if [ -z "$(PYTHON)" ]; then \
		printf '\n  Diandian needs Python 3.11 or newer; found: %s\n' "$$(python3 --version 2>&1 || echo none)"; \
		printf '  Install one (Debian, Ubuntu: apt install python3 python3-venv) or say make PYTHON=/path/to/python3\n\n'; \
		exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		printf '\n  Diandian needs Python 3.11 or newer; %s is %s\n\n' "$(PYTHON)" "$$("$(PYTHON)" --version 2>&1)"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		printf '\n  %s cannot make virtual environments. Debian, Ubuntu: apt install python3-venv\n\n' "$(PYTHON)"; exit 1; }
	@rm -rf .venv && mkdir .venv
	@$(call step,virtual environment,"$(PYTHON)" -m venv .venv)

.venv/tools/bin/pip-compile: | .venv/bin/pip
	@$(call step,pip-tools,$(RUN) -m venv .venv/tools && $(TOOLS) -m pip install 'pip-tools==7.6.*')
