#!/bin/sh
# Sets up and runs everything that CI runs: lint, build with warnings as errors, tests of the engine, of the Swift
# targets, and of the page in a browser.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh
require_swift
install_missing $test_packages

step() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

step "lint"
swift format lint --strict --recursive Sources Tests Package.swift

step "build, warnings are errors"
export CADUCEUS_WARNINGS_AS_ERRORS=1
swift build --build-tests

step "engine"
make -C Tests/EngineTests

step "swift tests"
# A target at a time: hundreds of tests that wait for disks, sockets and processes at once starve each other on two cores.
for target in JSONTests PipelineTests StoreTests AgentsTests AppTests; do
  swift test --skip-build --filter "^$target\\."
done

step "the program, end to end"
[ -x .build/python/bin/pytest ] || python3 -m venv .build/python
.build/python/bin/pip install --quiet --disable-pip-version-check \
  -r Tests/EndToEnd/requirements.txt -r Tests/Browser/requirements.txt
export CADUCEUS_PROGRAM=.build/debug/caduceus
.build/python/bin/pytest -q Tests/EndToEnd

step "browser"
.build/python/bin/pytest -q Tests/Browser
