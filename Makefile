# SPDX-License-Identifier: Apache-2.0
#
# The words people type. How things are built stands in meson.build; what is
# installed stands in tools/packages.
#
#   make [build]      build/keyhold
#   make release      build-release/keyhold: what is installed, optimised as a whole
#   make run          a development server, ready to use (ARGS='...' are passed on)
#   make check        unit tests and black-box tests
#   make check-more   the long ones: faults, crashes, older clients, valgrind
#   make lint         format, layers, lengths, banned calls, cppcheck, clang-tidy (with ALL=1 its
#                     analyzer looks ten times as far)
#   make asan tsan    the unit tests under a sanitizer
#   make valgrind     unit tests and decoders under valgrind; with ALL=1 those as well that take long
#   make fuzz         every fuzzer for FUZZ_SECONDS (FUZZ=name for one)
#   make bench        figures of this machine beside their limits, in an hour or two; BENCH=... has
#                     options for tests/perf/bench (--list, --only, --keep); docs/performance.md
#   make bench-short  some of them in less than three minutes: build/bench/short.json
#   make flamegraph   build/bench/flame-*.svg: where the time of a GET goes
#   make dist         build/keyhold-VERSION.tar.gz
#   make install      to DESTDIR, below PREFIX

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
MESONFLAGS ?=
ARGS ?=

.PHONY: all build release run check check-more lint asan tsan valgrind fuzz bench bench-short flamegraph dist install \
	clean setup-build setup-test setup-lint setup-san setup-more setup-bench

all: build

build: setup-build
	@tools/build build $(TESTS) $(MESONFLAGS)

# Optimised across files, which takes a minute to link. A compiler of tomorrow may warn of what is no fault.
release: setup-build
	@tools/build build-release -Dbuildtype=release -Doptimization=2 -Db_lto=true -Dwerror=false -Dtests=disabled \
		--prefix=$(PREFIX) $(MESONFLAGS)

run: build
	@build/keyhold dev $(ARGS)

# A tree that `make run` configured before there was cmocka is configured again.
check check-more: TESTS = -Dtests=enabled

check: setup-test build
	@tools/check build

check-more: setup-test setup-more build
	@tools/check --more build

lint: setup-lint setup-build
	@tools/lint

# Hundreds of programs, each linked with a runtime: lld takes a third of what ld does.
LLD = $(if $(shell command -v ld.lld),CC_LD=lld)

asan: setup-san setup-build
	@CC=clang $(LLD) tools/build --configure build-asan -Db_sanitize=address,undefined -Db_lundef=false \
		-Doptimization=1 -Dc_args=-gline-tables-only
	@tools/sanitized build-asan

tsan: setup-san setup-build
	@CC=clang $(LLD) tools/build --configure build-tsan -Db_sanitize=thread -Db_lundef=false \
		-Doptimization=1 -Dc_args=-gline-tables-only
	@tools/sanitized build-tsan --only '^(http|keeper|api|scribe|store|ipc)/'

valgrind: setup-more setup-build
	@tools/build --configure build-valgrind -Dbuildtype=debug -Doptimization=g -Dwerror=false -Dhardening=false
	@tools/valgrind build-valgrind $(if $(ALL),--all)

fuzz: setup-san setup-build
	@tools/fuzz $(FUZZ_SECONDS) $(FUZZ)

bench bench-short flamegraph: TESTS = -Dtests=enabled

bench: setup-bench build release
	@tests/perf/bench $(BENCH) --tree build build-release/keyhold

bench-short: setup-bench build release
	@tests/perf/bench --short $(BENCH) --tree build build-release/keyhold

flamegraph: setup-bench build
	@tests/perf/flamegraph build/keyhold

dist:
	@tools/dist

install: release
	@meson install -C build-release --no-rebuild

clean:
	rm -rf build build-asan build-tsan build-valgrind build-fuzz build-release build-clang build-ci build-lint

setup-build:
	@tools/setup build run
setup-test:
	@tools/setup build run test
setup-lint:
	@tools/setup lint
setup-san:
	@tools/setup san
setup-more:
	@tools/setup more
setup-bench:
	@tools/setup bench
