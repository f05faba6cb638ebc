# The two commands, and nothing else of weight. HACKING.md has all the others.
#
#   make demo            from a bare machine to the curve of a real engine; URL=http://host:port uses
#                        a server of yours in place of it
#   make test            everything a change must pass
#   make check-all       the long rest: clang-tidy on every file, FUZZ_SECONDS=600 a fuzzer
#   make clean           removes build/ (not the engine's cache)

MAKEFLAGS += --no-print-directory
.PHONY: build demo test check-all clean
.DEFAULT_GOAL := build

build:
	@tools/setup
	@cmake --preset release -DROOFSCAPE_BUILD_TESTS=OFF --log-level=NOTICE
	@cmake --build --preset release --target roofscape -j "$$(nproc)"

demo: build
	@tools/demo $(if $(URL),--url '$(URL)')

test:
	@tools/test

check-all:
	@tools/check-all

clean:
	rm -rf build
