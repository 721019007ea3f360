#!/bin/sh
# Every compiled shader, in every form, is valid SPIR-V for Vulkan 1.2, says SPIRV-Tools.
#
#   spirv_val.sh FOLDER     of the .spv files: build/generated/spirv
#
# Cooperative matrices need a validator that knows them: the system's, or the one that
# tools/setup.sh unpacks beside the newer glslc. Without any, those modules are named and left out.
set -eu
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unpacked=${XDG_DATA_HOME:-$HOME/.local/share}/vktl/glslc/spirv-val
validator=spirv-val
[ ! -x "$unpacked" ] || validator=$unpacked
command -v "$validator" >/dev/null || { echo "no spirv-val: skipped"; exit 77; }

validate() {
    "$validator" --target-env vulkan1.2 "$1" >"$work/says" 2>&1
}

valid=0 unknown=0 invalid=0
for module in "$folder"/*.spv; do
    if validate "$module"; then
        valid=$((valid + 1))
    elif grep -q 'Invalid capability operand: 6022' "$work/says"; then # CooperativeMatrixKHR
        unknown=$((unknown + 1))
        echo "$(basename "$module"): this spirv-val knows no cooperative matrices"
    else
        invalid=$((invalid + 1))
        echo "$(basename "$module"): $(cat "$work/says")"
    fi
done
echo "$valid modules are valid, $invalid are not, $unknown were not looked at"

# Negative controls: a module of SPIR-V 1.6, which Vulkan 1.2 does not take; one without its end;
# one that reads a buffer as if it were a number (its first OpLoad made an OpCopyObject).
must_fail() {
    ! validate "$work/bad.spv" || { echo "$1 passes for valid"; exit 1; }
}
sample=$folder/relu_fwd.storage.spv
validate "$sample" || exit 1
cp "$sample" "$work/bad.spv"
printf '\000\006\001\000' | dd of="$work/bad.spv" bs=4 seek=1 conv=notrunc 2>"$work/dd.err"
must_fail "SPIR-V 1.6"
head -c -4 "$sample" >"$work/bad.spv"
must_fail "a module without an end"
spirv-dis --raw-id "$sample" | sed 's/OpLoad/OpCopyObject/' >"$work/bad.txt"
spirv-as --target-env vulkan1.2 -o "$work/bad.spv" "$work/bad.txt"
must_fail "a load of the wrong type"
[ "$invalid" = 0 ] && [ "$valid" -gt 0 ]
