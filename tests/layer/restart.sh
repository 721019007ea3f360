#!/bin/sh
# A device that is lost in training: one restart, after which the run ends with the bytes of one
# left alone; another device where that is asked for; a second loss ends the command, and loses
# nothing.
#   restart.sh VKTL SOURCE BINARY [OTHER]
# Needs a Vulkan device. OTHER is the ICD file of another driver for the other device.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
other=${4:-}

# Two phases, dropout, figures that are carried along.
train() {
    run=$1
    shift
    "$vktl" train --model vgg-mini --train "$work/photos" --val "$work/photos" \
        --image-size 16 --head gap,dropout:0.3 --epochs 3 --batch 4 --lr 0.02 --reduce-lr 1 \
        --unfreeze-from block4_conv1 --fine-tune-epochs 1 --feature-store 0 --no-report --no-smoke \
        --run "$run" "$@"
}

same() {
    for file in last.safetensors best.safetensors steps.csv classes.json model.json config.json; do
        cmp -s "$work/whole/$file" "$1/$file" || fail "$2: another $file"
    done
    cut -d, -f1-6 "$1/history.csv" | cmp -s - "$work/history.csv" || fail "$2: another history.csv"
}

with_layer "calls=$work/calls.txt" train "$work/whole" --quiet
cut -d, -f1-6 "$work/whole/history.csv" >"$work/history.csv"
waits=$(grep -c ' vkWaitForFences ' "$work/calls.txt")

# ---- Lost once

# In the base's output, before anything is saved; then wherever these are; files seldom or always.
number=0
for fault in vkQueueSubmit:1 "vkWaitForFences:$((waits / 3))" "vkWaitForFences:$((waits / 2))" \
    "vkWaitForFences:$((waits * 2 / 3))" "vkQueueSubmit:$((waits * 9 / 10))"; do
    number=$((number + 1))
    status_of with_layer "fault=$fault:DEVICE_LOST" train "$work/lost-$number" --json \
        --checkpoint-seconds $((number % 2 * 10))
    [ "$status" -eq 0 ] || fail "$fault: status $status: $(cat "$work/err.txt")"
    ! grep -q 'leak:' "$work/err.txt" || fail "$fault: $(cat "$work/err.txt")"
    grep -q 'warning: the device was lost; the run .* once more' "$work/err.txt" ||
        fail "$fault: no warning: $(cat "$work/err.txt")"
    check_json "$work/out.txt" 'd["restarted"] is True and d["epochs"] == 4'
    sed -i 's/"checkpoint_seconds": *[0-9.-]*/"checkpoint_seconds": 10/' \
        "$work/lost-$number/config.json"
    same "$work/lost-$number" "lost at $fault"
    echo "lost at $fault, $(sed -n 's/.*\(the run [a-z ]* once more\).*/\1/p' "$work/err.txt"):" \
        'same bytes'
done
status_of train "$work/calm" --json
[ "$status" -eq 0 ] || fail "without a loss: status $status"
check_json "$work/out.txt" 'd["restarted"] is False'

# ---- Lost twice

half=$((waits / 2))
status_of with_layer "fault=vkWaitForFences:$half+:DEVICE_LOST" train "$work/twice" \
    --checkpoint-seconds 0
[ "$status" -eq 1 ] || fail "lost for good: status $status"
grep -q "lost again; to go on once it works: vktl train --resume --run $work/twice" \
    "$work/err.txt" || fail "lost for good: $(cat "$work/err.txt")"
[ "$(grep -c 'once more' "$work/err.txt")" -eq 1 ] || fail 'not one restart'
"$vktl" train --resume --run "$work/twice" --checkpoint-seconds 10 --quiet
same "$work/twice" 'lost twice, resumed'

# An older run that is to be replaced is not taken for this one.
cp -r "$work/whole" "$work/old"
status_of with_layer fault=vkQueueSubmit:1:DEVICE_LOST train "$work/old" --overwrite --seed 3
[ "$status" -eq 0 ] || fail "over an older run: $(cat "$work/err.txt")"
! cmp -s "$work/old/last.safetensors" "$work/whole/last.safetensors" ||
    fail 'the older run is there'

# ---- Another device

if [ -n "$other" ]; then
    export VK_DRIVER_FILES="$VK_DRIVER_FILES:$other" VK_ICD_FILENAMES="$VK_DRIVER_FILES:$other"
    status_of with_layer "fault=vkWaitForFences:$half:DEVICE_LOST" train "$work/other" \
        --device llvmpipe --fallback-device swiftshader
    [ "$status" -eq 0 ] || fail "another device: status $status: $(cat "$work/err.txt")"
    grep -q 'the run goes on once more, on swiftshader' "$work/err.txt" || fail 'no word of it'
    grep -q '^Device: SwiftShader' "$work/err.txt" || fail 'not the other device'
    grep -q 'may differ in their last bits' "$work/err.txt" || fail 'bits are not spoken of'
    status_of with_layer "fault=vkWaitForFences:$half:DEVICE_LOST" train "$work/nowhere" \
        --device llvmpipe --fallback-device nothing-like-it
    [ "$status" -eq 3 ] || fail "no such device: status $status"
    echo 'another device takes over'
fi
echo 'restart.sh: all as expected'
