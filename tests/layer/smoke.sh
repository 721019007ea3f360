#!/bin/sh
# A kernel that computes wrongly on a device that vktl has never used: it is barred, with a warning,
# another takes its place, and what is computed is what that other one computes.
#   smoke.sh VKTL SOURCE BINARY
# Needs a Vulkan device.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# A 3x3 convolution that goes Winograd's way.
cat >"$work/small.json" <<'JSON'
{"class_name":"Sequential","config":{"name":"small","layers":[
{"class_name":"InputLayer","config":{"name":"in","batch_input_shape":[null,12,12,3]}},
{"class_name":"Conv2D","config":{"name":"c1","filters":32,"kernel_size":[3,3],"activation":"relu"}},
{"class_name":"Conv2D","config":{"name":"c2","filters":32,"kernel_size":[3,3],"activation":"relu"}},
{"class_name":"GlobalAveragePooling2D","config":{"name":"gap"}},
{"class_name":"Dense","config":{"name":"out","units":5,"activation":"softmax"}}]}}
JSON
train() {
    run=$1
    shift
    "$vktl" train --train "$faces/train" --model "$work/small.json" --head keep --freeze none \
        --preprocess tf --epochs 1 --batch 8 --no-report --run "$run" "$@"
}
corrupt_winograd() {
    kernel=$binary/generated/spirv/winograd_out
    with_layer "corrupt=$kernel.storage.spv,corrupt=$kernel.address.spv" "$@"
}
forget() {
    rm -f "$XDG_CACHE_HOME"/vktl/verdicts-*.txt
}
algorithm_of() {
    "$python" -c 'import json, sys
tuning = json.load(open(sys.argv[1]))["tuning"]
print(*sorted({v for k, v in tuning.items() if k.startswith("conv2d forward") and "x32" in k}))' \
        "$1/config.json"
}

# ---- A device that is right

forget
train "$work/right" 2>"$work/right.err"
grep -q 'Checking the kernels on this device, once' "$work/right.err" || fail 'nothing is checked'
! grep -q 'warning' "$work/right.err" || fail "a warning: $(cat "$work/right.err")"
train "$work/again" --quiet
cmp -s "$work/right/last.safetensors" "$work/again/last.safetensors" || fail 'other bytes'
"$vktl" devices --json >"$work/devices.json"
check_json "$work/devices.json" 'not any(device["barred"] for device in d)'
case $(algorithm_of "$work/right") in
*winograd4*) ;;
*)
    echo 'this driver does not go the way that is corrupted: skipped'
    exit 77
    ;;
esac

# ---- The same with wrong code in one kernel

forget
corrupt_winograd train "$work/wrong" --no-smoke --quiet
! cmp -s "$work/right/last.safetensors" "$work/wrong/last.safetensors" ||
    fail 'the wrong code does not matter: nothing is proven'
corrupt_winograd train "$work/saved" 2>"$work/saved.err" ||
    fail "status $?: $(cat "$work/saved.err")"
grep -q 'warning: .*conv2d forward by winograd4 is wrong .*barred' "$work/saved.err" ||
    fail "no warning: $(cat "$work/saved.err")"
case $(algorithm_of "$work/saved") in
*winograd4*) fail 'the wrong kernel was taken all the same' ;;
esac
"$vktl" devices >"$work/devices.txt"
grep -q 'conv2d forward by winograd4' "$work/devices.txt" || fail 'devices does not tell'

# What the other kernels compute where nothing is wrong: by the same bars, without the layer. An
# interrupted run of the usual kernels goes on with these, and is told so.
train "$work/other" --quiet
cmp -s "$work/saved/last.safetensors" "$work/other/last.safetensors" ||
    fail 'what takes the place of the wrong kernel computes something else'
! cmp -s "$work/saved/last.safetensors" "$work/right/last.safetensors" ||
    fail 'the bytes of the barred kernel'
"$vktl" train --resume --run "$work/right" --epochs 2 2>"$work/resumed.err" ||
    fail "--resume: $(cat "$work/resumed.err")"
grep -q 'warning: .*kernels that are barred' "$work/resumed.err" ||
    fail "a resumed run does not tell: $(cat "$work/resumed.err")"
echo 'smoke.sh: all as expected'
