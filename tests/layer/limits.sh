#!/bin/sh
# The baseline is enough: at 128 and 256 invocations, 16 KiB of shared memory, one GiB an
# allocation, no timestamps, no subgroup operation, no extension and no optional feature, kernels
# are right and training works. The validation layer above sees those limits and tells what goes
# beyond them.
#   limits.sh VKTL SOURCE BINARY [--all]
# --all: every operator's quick cases, and training at 256, too: minutes of compiling. Needs a
# Vulkan device.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
operators='global_avgpool maxpool2d relu sgd softmax_cross_entropy'
trained=128
[ "${4:-}" != --all ] || operators=all trained='128 256'
limited() {
    items=limits,$1
    shift
    status=0
    VKTL_LAYER=$items VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation:VK_LAYER_VKTL_test "$@" \
        >"$work/out.txt" 2>"$work/err.txt" || status=$?
    ! grep -h 'VUID\|Validation\|test layer' "$work/out.txt" "$work/err.txt" || fail "$items: $*"
}

for invocations in 128 256; do
    for operator in $operators; do
        set -- --op "$operator"
        [ "$operator" != all ] || set --
        limited "invocations=$invocations" "$vktl" selftest --quick "$@"
        [ "$status" -eq 0 ] ||
            fail "$operator, $invocations: status $status, $(cat "$work/err.txt")"
    done
done

for invocations in $trained; do
    limited "invocations=$invocations" "$vktl" train --model vgg-mini --train "$work/photos" \
        --val "$work/photos" --image-size 16 --head gap,dropout:0.3 --epochs 2 --batch 4 \
        --unfreeze-from block4_conv1 --fine-tune-epochs 1 --no-report --feature-store 0 --no-tune \
        --no-smoke --run "$work/run-$invocations"
    [ "$status" -eq 0 ] || fail "training, $invocations: status $status, $(cat "$work/err.txt")"
    echo "$invocations invocations: $(tail -n 1 "$work/run-$invocations/history.csv")"
done

# Sizes of subgroups as a device may report them.
for subgroup in 4 16 32 64; do
    limited "subgroup=$subgroup" "$vktl" selftest --quick --op relu
    [ "$status" -eq 0 ] || fail "subgroups of $subgroup: status $status"
done

# Below the baseline vktl refuses; beyond it the layer does.
limited invocations=64 "$vktl" infer --no-smoke "$work/run-128" "$work/photos"
[ "$status" -eq 3 ] || fail "64 invocations: status $status"
status_of with_layer refuse "$vktl" infer --no-smoke "$work/run-128" "$work/photos"
[ "$status" -eq 1 ] || fail "more than the baseline: status $status"
grep -q 'beyond the baseline' "$work/err.txt" || fail 'the layer does not say so'
echo 'limits.sh: all as expected'
