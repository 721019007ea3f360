#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test; arguments go to ctest (-R NAME, -V, ...).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Drivers want a runtime folder; one of our own keeps the user's out of the tests.
XDG_RUNTIME_DIR=$(mktemp -d)
export XDG_RUNTIME_DIR
trap 'rm -rf "$XDG_RUNTIME_DIR"; echo "test.sh: $SECONDS s in total"' EXIT

"$root/tools/setup.sh" --test
cd "$root"
cmake --preset release -DVKTL_TESTS=ON
cmake --build --preset release
ctest --preset release "$@"
