#!/bin/sh
# The selftest and a golden run on subgroups of SIZE invocations, really executed: lavapipe makes
# them as wide as the vectors that it is told to use. Of 4 and of 8 the kernels are those of CPU
# drivers, of 16 those of GPUs.
#
#   subgroup.sh SIZE VKTL SOURCE WORK [OPTION...]     options of vktl selftest
#
# Skipped where the CPU has no such vectors.
set -eu
size=$1 vktl=$2 source=$3 work=$4
shift 4
[ -x /usr/bin/python3 ] || { echo "no /usr/bin/python3: skipped"; exit 77; }
export LP_NATIVE_VECTOR_WIDTH=$((size * 32))
has=$("$vktl" devices --json | /usr/bin/python3 -c \
    'import json, sys; print(json.load(sys.stdin)[0]["limits"]["subgroup_size"])')
[ "$has" = "$size" ] || { echo "subgroups of $has, not of $size: skipped"; exit 77; }

"$vktl" selftest --summary --quiet "$@"
/usr/bin/python3 "$source/tests/golden/check.py" "$vktl" "$source/tests/golden/tiny" "$work"
