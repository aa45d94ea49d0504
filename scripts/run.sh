#!/bin/sh
# Installs what is missing, builds for release, serves. Arguments go to `caduceus serve`.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh
require_swift
install_missing $run_packages
swift build -c release --product caduceus
exec .build/release/caduceus serve "$@"
