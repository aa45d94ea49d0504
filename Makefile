# The two commands that matter, and a few that save typing.
.PHONY: run test format clean

# Installs what is missing, builds for release, serves on 127.0.0.1:8787.
run:
	@scripts/run.sh $(ARGUMENTS)

# Everything that CI runs.
test:
	@scripts/test.sh

format:
	swift format --in-place --recursive Sources Tests Package.swift

clean:
	swift package clean
