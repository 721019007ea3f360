#!/bin/sh
# Prints assets/conformance/radv.md: registers, shared memory, occupancy and spills of every kernel
# on five generations of AMD's GPUs, as RADV compiles for them with no such GPU here.
#
#   tools/radv_table.sh [BUILD] > assets/conformance/radv.md
#
# BUILD is a build folder [build]. Status 1 where a kernel of GPUs spills, 77 without RADV.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The unpacked Mesa calls the last generation by another name than Debian 12's.
icd=$("$root/tools/drivers.sh" | sed -n 's/^radv //p')
[ -n "$icd" ] || { echo "no RADV: skipped" >&2; exit 77; }
last=navi31
[ "${icd%/drivers/mesa/*}" != "$icd" ] || last=gfx1100
export VK_ICD_FILENAMES="$icd" VK_DRIVER_FILES="$icd"

status=0
"$build/tools/amd_estimate/amd_estimate" --registers polaris10 vega10 navi10 navi21 $last \
    >"$work/table" 2>"$work/says" || status=$?
grep -v ac_compute_device_uuid "$work/says" >&2 || true
[ "$status" -le 1 ] || exit "$status"
glslc=$(sed -n 's/^GLSLC:FILEPATH=//p' "$build/CMakeCache.txt")
cat <<END
# What AMD's compiler makes of every kernel

Made by \`tools/radv_table.sh\`: RADV compiles on null devices, without AMD hardware, and tells what
came of it (VK_KHR_pipeline_executable_properties). \`tests/tools/radv.sh\` makes the table again in
every run of the tests: it must have the same kernels, and none that a GPU runs may spill registers.

A cell: **VGPRs/SGPRs** of an invocation, bytes of **shared memory** (LDS) of a workgroup, **waves**
at a time ("Subgroups per SIMD", says RADV) and bytes of **code**. Both forms of a kernel have a
row, products one for each tile. \`-\`: no cooperative matrices there.

Kernels named \`_lanes\` are for CPU drivers and never run on a GPU: that some spill says no more
than that spills are seen.

Compilers: $(sed -n "1s/^Compiler: //p" "$work/table"), $("$glslc" --version | head -1)

END
sed 1,2d "$work/table"
exit "$status"
