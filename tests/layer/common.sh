# What the scripts of this folder share; read in by them with VKTL, SOURCE and BINARY, the build
# folder, as arguments. Brings what tests/cli/common.sh brings, and the layer.
# shellcheck shell=sh disable=SC2034 # used by those who read this
here=$(dirname "$0")
# shellcheck source=../cli/common.sh
. "$here/../cli/common.sh"
binary=$3
unset VKTL_LAYER VK_INSTANCE_LAYERS
export NODEVICE_SELECT=1 # a layer of Mesa's, which crashes where it finds no memory
export VK_LAYER_PATH="$binary/tests/layer:/usr/share/vulkan/explicit_layer.d"

# with_layer ITEMS COMMAND...: under the layer, which does what the items say.
with_layer() {
    items=$1
    shift
    VKTL_LAYER=$items VK_INSTANCE_LAYERS=VK_LAYER_VKTL_test "$@"
}

# status_of COMMAND...: runs it, output in out.txt and err.txt; its status in $status.
status_of() {
    status=0
    "$@" >"$work/out.txt" 2>"$work/err.txt" || status=$?
}

# A few photos of two people, for whom a step is enough.
for person in bastu ilva; do
    mkdir -p "$work/photos/$person"
    find "$faces/train/$person" -name '*.png' | sort | head -n 6 |
        xargs cp -t "$work/photos/$person"
done
