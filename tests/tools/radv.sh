#!/bin/sh
# No kernel spills registers on any generation of AMD's GPUs, and assets/conformance/radv.md has
# every kernel. Its numbers, which change with compilers and shaders, are shown where they differ.
# Usage: radv.sh SOURCE BUILD
set -eu
source=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "radv.sh: $*" >&2
    exit 1
}

status=0
"$source/tools/radv_table.sh" "$build" >"$work/now.md" || status=$?
[ "$status" != 77 ] || exit 77
cat "$work/now.md"
[ "$status" = 0 ] || fail "a kernel spills registers"

kept=$source/assets/conformance/radv.md
again="after a change of kernels: tools/radv_table.sh > assets/conformance/radv.md"
names() {
    sed -n 's/^\(|[^|]*|[^|]*|[^|]*|\).*/\1/p' "$1"
}
names "$kept" >"$work/kept.names"
names "$work/now.md" >"$work/now.names"
diff "$work/kept.names" "$work/now.names" || fail "$again"
diff "$kept" "$work/now.md" || echo "numbers changed; $again"
[ "$(names "$kept" | wc -l)" -gt 100 ] || fail "$kept has hardly any rows"

# Nor where workgroups are half as large.
icd=$("$source/tools/drivers.sh" | sed -n 's/^radv //p')
export VK_ICD_FILENAMES="$icd" VK_DRIVER_FILES="$icd"
estimate=$build/tools/amd_estimate/amd_estimate
"$estimate" --invocations 128 navi21 >"$work/128" || fail "spills at 128 invocations"

# Negative control: a shader with more values alive than there are registers is seen.
glslc --target-env=vulkan1.2 -O -o "$work/spills.spv" "$source/tests/tools/spills.comp"
for family in polaris10 navi21; do
    status=0
    "$estimate" --registers --module "$work/spills.spv" $family >"$work/out" 2>"$work/says" ||
        status=$?
    [ "$status" = 1 ] && grep -q 'spills [1-9]' "$work/says" || fail "$family: no spill is seen"
    grep -q 'spills [1-9]' "$work/out" || fail "$family: the table names no spill"
done
