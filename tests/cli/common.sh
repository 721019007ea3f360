# What the scripts of this folder share; read in by them with VKTL and SOURCE as arguments. Makes a
# folder of work that is removed at the end.
# shellcheck shell=sh disable=SC2034 # used by those who read this
set -eu
vktl=$1
faces=$2/assets/faces
python=/usr/bin/python3
[ -x "$python" ] || { echo "no $python: skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset VKTL_DEVICE

# A cache of our own: nothing of earlier runs but what drivers have compiled, and that the kernels
# are right.
caches=${XDG_CACHE_HOME:-${HOME:-}/.cache}
export MESA_SHADER_CACHE_DIR="$caches"
export XDG_CACHE_HOME="$work/cache"
mkdir -p "$XDG_CACHE_HOME/vktl"
for file in "$caches"/vktl/pipelines-*.bin "$caches"/vktl/verdicts-*.txt; do
    [ ! -f "$file" ] || cp "$file" "$XDG_CACHE_HOME/vktl"
done

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# check_json FILE EXPRESSION: over the document `d`.
check_json() {
    "$python" -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$@" || fail "$1: not $2"
}
