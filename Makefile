# Wardwatch: everything a developer runs. `make help` lists it.
# The first target that needs it builds .venv (network); later ones use it as it is, until pyproject.toml changes.

PYTHON ?= python3
VENV ?= .venv
# One more than two cores: some tests wait for clocks, brokers and cables.
JOBS ?= 3
# Options for pytest, such as PYTEST_ARGS="-k journal"
PYTEST_ARGS ?=

# Tests start hundreds of processes: each would compile all it imports anew where no bytecode is kept.
test thorough: export PYTHONDONTWRITEBYTECODE :=

BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
TYPINGS := $(VENV)/typings
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup sim demo year test thorough test-board coverage fuzz scan load lint bench generate evaluate train mpy clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## build .venv with everything below (the other targets do this by themselves)

sim: $(STAMP) ## the main job: a simulated watch in a page, with the people around it and its journal
	$(BIN)/ward sim

demo: $(STAMP) ## one simulated day of a watch, told as a timeline in the terminal
	$(BIN)/ward demo

year: $(STAMP) ## 365 days of a child's use with every rule on, and what came of them
	$(BIN)/ward sim --headless --days 365

test: $(STAMP) ## run all tests, on CPython and on the real MicroPython unix port
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

thorough: $(STAMP) ## all tests and all of each: 2,940 histories, every power cut, every scenario three times
	THOROUGH=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

test-board: $(STAMP) ## run the scenarios on a board at MicroPython's prompt: PORT=/dev/ttyACM0 or socket://host:port
	@test -n "$(PORT)" || { echo "Say where the board is: make test-board PORT=/dev/ttyACM0" >&2; exit 1; }
	$(BIN)/python -m tests.boards.on_board --port "$(PORT)" $(if $(REPORT),--report "$(REPORT)") $(SCENARIOS)

coverage: $(STAMP) ## break the firmware in every way and see which requirement rows notice (docs/coverage.md)
	$(BIN)/python -m tests.coverage.run

fuzz: $(STAMP) ## send 5 million frames to the serial line, and 100,000 to the one on MicroPython (docs/protocol.md)
	$(BIN)/python -m tests.fuzz.run --frames 5000000 --jobs 2
	$(BIN)/python -m tests.fuzz.run --frames 100000 --runtime micropython

scan: $(STAMP) ## set up 1,000 watches and look for secrets that are equal, or lie anywhere in the clear
	$(BIN)/python -m tests.link.scan --setups 1000

load: $(STAMP) ## 2,000 watches against one Mosquitto on this machine (docs/scale.md)
	$(BIN)/python -m tests.load.run

# Two mypy runs: the firmware against MicroPython's modules, all else against CPython's.
lint: $(STAMP) ## check style (ruff) and types (mypy)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	MYPYPATH=$(TYPINGS) $(BIN)/mypy --cache-dir .mypy_cache/micropython --custom-typeshed-dir $(TYPINGS) -p firmware
	$(BIN)/mypy --cache-dir .mypy_cache/cpython -p simulator -p host_tools -p tests

bench: $(STAMP) ## measure time and memory
	$(BIN)/python -m tests.bench.run

generate: $(STAMP) ## write the files that are derived from the source tables
	$(BIN)/python -m host_tools.generate

evaluate: $(STAMP) ## how well messages are read, by the message data (MESSAGES=FOLDER); DATA=FILE.tsv judges your own
	$(if $(DATA),,$(PIP) --editable '.[train]')
	$(BIN)/python -m host_tools.evaluate $(DATA)

train: $(STAMP) ## train firmware/text/model.bin from the message data; MESSAGES=FOLDER says where they lie
	$(PIP) --editable '.[train]'
	$(BIN)/python -m host_tools.train $(or $(MESSAGES),../shared/data/messages)

mpy: $(STAMP) ## compile the firmware into build/mpy/firmware
	$(BIN)/python -m host_tools.making.build build/mpy

clean: ## remove what was built, .venv too
	rm -rf $(VENV) build .pytest_cache .hypothesis .mypy_cache .ruff_cache wardwatch.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each check says what to do next. The stamp comes last, so an interrupted set-up is started again.
$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here: install Python 3.11 or newer, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Wardwatch needs 3.11 or newer. Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[dev]'
	$(PIP) --no-deps --upgrade --target $(TYPINGS) $$($(BIN)/python -c 'import tomllib; \
	  print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["typings"])')
	$(PIP) --no-deps $$($(BIN)/python -c 'import tomllib; \
	  print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["judges"])')
	@touch $@
