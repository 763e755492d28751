# scalems-top: `make` lists what there is. Every target installs what it needs (.ci/need says so when it does).

PREFIX ?= /usr/local
SWIFT ?= swift
# The Swift runtime goes into the binary: it starts in half the time and runs on nodes that have no Swift.
# The toolchain's own linker: gold warns of a mktemp inside Foundation at every build.
# At a fixed address: moving it would be 100,000 corrections, on a megabyte of pages, at each start, also of each rank.
RELEASE = -c release --static-swift-stdlib --product scalems-top -Xswiftc -use-ld=lld -Xlinker --no-pie
BINARY = .build/release/scalems-top
OURS = Package.swift Sources Tests
# Where shells and `man` look for what they know of programs.
SHARE = $(DESTDIR)$(PREFIX)/share
COMPLETIONS = bash-completion/completions/scalems-top zsh/site-functions/_scalems-top fish/vendor_completions.d/scalems-top.fish
MANUAL = man/man1/scalems-top.1
# It lets pass what comes with a declared dependency, and products of other packages: .ci/imports is stricter.
IMPORTS = --explicit-target-dependency-import-check error
# RADICAL-Pilot for tests: made once.
export SCALEMS_TEST_VENV ?= $(HOME)/.cache/scalems-top/radical

# Set by `make goldens` alone: tests that write what they are to compare with find nothing.
unexport UPDATE_GOLDENS

.PHONY: help build demo check test test-slurm goldens bench chaos install uninstall format lint clean swift

help:
	@echo "make demo       build, and watch the example ensemble run (in batch when there is no terminal)"
	@echo "make build      build the release binary $(BINARY)"
	@echo "make install    install the binary, its manual and completions for shells below PREFIX=$(PREFIX) (DESTDIR is respected);"
	@echo "                make uninstall removes them"
	@echo
	@echo "For every change (CONTRIBUTING.md says more):"
	@echo "make check      lint, build what changed, run the tests without processes: under a minute on a built tree"
	@echo "make test       build with warnings as errors, run all tests, RADICAL-Pilot's too: about 15 minutes on 2 cores"
	@echo "make test-slurm sessions of RADICAL-Pilot on a Slurm that is set up for them (root only)"
	@echo "make goldens    renew the golden screens, and show which changed"
	@echo "make format     format the sources; make lint checks it, Python, and Package.swift and the pages against the sources"
	@echo "make chaos      break sessions at random moments and count what became of their tasks"
	@echo "make bench      measure against xargs, GNU parallel, HyperQueue, htop, top and btop on this machine"
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

# The tests that start no process and touch no socket. The others of `make test` are real.
PURE = JSONTests|WorkTests|SessionModelTests|WireTests|WorkflowFileTests|ExecutorTests|InterfaceTests|TerminalTests
check: export SCALEMS_WARNINGS = error
check: lint
	@.ci/need libncurses-dev
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter "^($(PURE))\\."

# First what is written in Python, then what only computes, then what has deadlines, then the real binary and real
# processes, in a terminal of tmux where there is a screen, then real RADICAL-Pilot, a session of which has forty: apart,
# because each would slow down the one before; of the real binary's, which mostly wait, some at a time. The closing lines
# of the test runner come last.
REAL = LocalEngineTests|RadicalUnitTests|LeftoversTests
CLOCKS = ExecutorTests|SessionLinkTests|RadicalWatchTests
test: export SCALEMS_WARNINGS = error
test: swift
	@.ci/need libncurses-dev tmux python3 python3-venv openmpi-bin mpich
	python3 -m unittest discover -s Tests/PythonTests
	$(SWIFT) build --build-tests $(IMPORTS)
	@[ -e "$(SCALEMS_TEST_VENV)/bin/python" ] || .build/debug/scalems-top setup-radical "$(SCALEMS_TEST_VENV)"
	$(SWIFT) test --skip-build --skip "$(CLOCKS)|EndToEndTests|$(REAL)|RadicalEngineTests|SlurmTests"
	$(SWIFT) test --skip-build --filter "^($(CLOCKS))\."
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 $(SWIFT) test --skip-build --filter "^EndToEndTests\."
	$(SWIFT) test --skip-build --filter "^($(REAL))\."
	$(SWIFT) test --skip-build --filter RadicalEngineTests
	python3 -m unittest discover -s Tests/Differential

# Pilots that are jobs of a Slurm of one node; it lives as long as the tests.
test-slurm: export SCALEMS_WARNINGS = error
test-slurm: swift
	@.ci/need libncurses-dev tmux python3 python3-venv slurm-wlm munge
	$(SWIFT) build --build-tests
	@[ -e "$(SCALEMS_TEST_VENV)/bin/python" ] || .build/debug/scalems-top setup-radical "$(SCALEMS_TEST_VENV)"
	Tests/Slurm/with_slurm $(SWIFT) test --skip-build --filter SlurmTests

# Screens that no test draws any more go.
goldens: export SCALEMS_WARNINGS = error
goldens: swift
	@.ci/need libncurses-dev git
	$(SWIFT) build --build-tests
	rm -f Tests/InterfaceTests/Goldens/*.txt
	UPDATE_GOLDENS=1 $(SWIFT) test --skip-build --filter InterfaceTests.GoldenTests
	.ci/pictures --write
	@git --no-pager diff --stat -- Tests/InterfaceTests/Goldens
	@git ls-files --others --exclude-standard -- Tests/InterfaceTests/Goldens

# `make chaos CHAOS="--seed 7 --minutes 10"`
chaos: export SCALEMS_WARNINGS = error
chaos: build
	@.ci/need python3
	python3 Tests/Chaos/chaos.py $(CHAOS) $(BINARY)
	$(SWIFT) build --build-tests
	SCALEMS_KEYS=100000 $(SWIFT) test --skip-build --filter RandomScreenTests

bench: build
	@.ci/need findutils parallel python3 python3-venv htop procps btop
	python3 Tests/Benchmarks/bench.py $(BENCH) $(BINARY)

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/scalems-top"
	@if command -v strip >/dev/null; then strip "$(DESTDIR)$(PREFIX)/bin/scalems-top"; fi
	install -d $(foreach file,$(COMPLETIONS) $(MANUAL),"$(dir $(SHARE)/$(file))")
	$(BINARY) --generate-completion-script bash >"$(SHARE)/$(word 1,$(COMPLETIONS))"
	$(BINARY) --generate-completion-script zsh >"$(SHARE)/$(word 2,$(COMPLETIONS))"
	$(BINARY) --generate-completion-script fish >"$(SHARE)/$(word 3,$(COMPLETIONS))"
	@if command -v python3 >/dev/null; then .ci/manual $(BINARY) >"$(SHARE)/$(MANUAL)"; \
	  else echo "no manual page: python3 is not in PATH" >&2; fi

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/scalems-top" $(foreach file,$(COMPLETIONS) $(MANUAL),"$(SHARE)/$(file)")

format: swift
	$(SWIFT) format --in-place --parallel --recursive $(OURS)

lint: swift
	@.ci/need python3 pyflakes3
	pyflakes3 Sources Tests .ci/imports .ci/manual .ci/pages .ci/pictures .ci/streams
	$(SWIFT) format lint --strict --parallel --recursive $(OURS)
	.ci/imports
	.ci/pages
	.ci/pictures
	.ci/streams

clean:
	rm -rf .build .build-bench
