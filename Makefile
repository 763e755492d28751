# scalems-top: `make` lists what there is. Every target installs what it needs (.ci/need says so when it does).

PREFIX ?= /usr/local
SWIFT ?= swift
# The Swift runtime goes into the binary: it starts in half the time and runs on nodes that have no Swift.
# The toolchain's own linker: gold warns of a mktemp inside Foundation at every build.
RELEASE = -c release --static-swift-stdlib --product scalems-top -Xswiftc -use-ld=lld
BINARY = .build/release/scalems-top
OURS = Package.swift Sources Tests
# RADICAL-Pilot for tests: made once.
export SCALEMS_TEST_VENV ?= $(HOME)/.cache/scalems-top/radical

.PHONY: help build demo test test-slurm bench install uninstall format lint clean swift

help:
	@echo "make demo       build, and watch the example ensemble run (in batch when there is no terminal)"
	@echo "make build      build the release binary $(BINARY)"
	@echo "make test       build with warnings as errors, and run all tests"
	@echo "make test-slurm run sessions of RADICAL-Pilot on a Slurm that is set up for them (root only)"
	@echo "make bench      measure against xargs, GNU parallel and HyperQueue on this machine"
	@echo "make install    install the binary below PREFIX=$(PREFIX) (DESTDIR is respected)"
	@echo "make format     format the sources; make lint checks the format, and the Python files"
	@echo "make clean      remove what was built"

swift:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "Swift 6.2 or newer is needed and '$(SWIFT)' is not in PATH: https://www.swift.org/install/linux" >&2; exit 1; }

build: swift
	@.ci/need libncurses-dev
	$(SWIFT) build $(RELEASE)

demo: build
	@if [ -t 0 ] && [ -t 1 ]; then \
	  exec $(BINARY) run Examples/ensemble.yaml; \
	else \
	  exec $(BINARY) run Examples/ensemble.yaml --batch; \
	fi

# First what is written in Python, and what needs no processes, then the real binary and real processes, in a terminal of tmux where there is a screen,
# then real RADICAL-Pilot, a session of which has forty: apart, because each would slow down the one before. The closing
# lines of the test runner come last.
REAL = LocalEngineTests|EndToEndTests|RadicalUnitTests|LeftoversTests
test: export SCALEMS_WARNINGS = error
test: swift
	@.ci/need libncurses-dev tmux python3 python3-venv
	python3 -m unittest discover -s Tests/PythonTests
	$(SWIFT) build --build-tests
	@[ -e "$(SCALEMS_TEST_VENV)/bin/python" ] || .build/debug/scalems-top setup-radical "$(SCALEMS_TEST_VENV)"
	$(SWIFT) test --skip-build --skip "$(REAL)|RadicalEngineTests|SlurmTests"
	$(SWIFT) test --skip-build --filter "$(REAL)"
	$(SWIFT) test --skip-build --filter RadicalEngineTests

# Pilots that are jobs of a Slurm of one node; it lives as long as the tests.
test-slurm: export SCALEMS_WARNINGS = error
test-slurm: swift
	@.ci/need libncurses-dev tmux python3 python3-venv slurm-wlm munge
	$(SWIFT) build --build-tests
	@[ -e "$(SCALEMS_TEST_VENV)/bin/python" ] || .build/debug/scalems-top setup-radical "$(SCALEMS_TEST_VENV)"
	Tests/Slurm/with_slurm $(SWIFT) test --skip-build --filter SlurmTests

bench: build
	@.ci/need findutils parallel python3 python3-venv
	python3 Tests/Benchmarks/bench.py $(BENCH) $(BINARY)

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/scalems-top"
	@if command -v strip >/dev/null; then strip "$(DESTDIR)$(PREFIX)/bin/scalems-top"; fi

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/scalems-top"

format: swift
	$(SWIFT) format --in-place --parallel --recursive $(OURS)

lint: swift
	@.ci/need pyflakes3
	pyflakes3 Sources Tests
	$(SWIFT) format lint --strict --parallel --recursive $(OURS)

clean:
	rm -rf .build .build-bench
