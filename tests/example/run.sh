#!/bin/sh
# Installs the library into a folder of its own, builds the example against it as a stranger would,
# by pkg-config, and runs it.
#   run.sh SOURCE BUILD
set -eu
source=$1
build=$2
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >"$prefix/install.log"
pc=$(find "$prefix" -name vktl.pc)
library=$(find "$prefix" -name libvktl.so)
[ -n "$pc" ] && [ -n "$library" ]
# The file names the prefix that was configured; another one is told to pkg-config.
flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --define-variable=prefix="$prefix" \
    --cflags --libs vktl)
# shellcheck disable=SC2086 # the flags are words
cc -std=c17 -Wall -Wextra -Werror "$source/tests/example/classify.c" $flags ${EXAMPLE_FLAGS:-} \
    -Wl,-rpath,"$(dirname "$library")" -o "$prefix/classify"
image=$source/assets/faces/val/ilva/100.png
output=$("$prefix/classify" vgg-mini "$image")
echo "$output" | head -n 3
[ "$(echo "$output" | wc -l)" -eq 120 ]
# An image that cannot be read is a warning and a row of NaN, a model that is not there an error.
"$prefix/classify" vgg-mini /nonexistent.png 2>"$prefix/warning" | grep -q nan
grep -q nonexistent.png "$prefix/warning"
status=0
"$prefix/classify" /nonexistent "$image" || status=$?
[ "$status" -eq 2 ]
"$prefix/bin/vktl" --version
