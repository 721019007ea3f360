#!/bin/sh
# The layer of the tests does what layer.c says that it does.
#   layer.sh VKTL SOURCE BINARY
# Needs a Vulkan device.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

"$python" "$here/coverage.py" "$2" || fail 'the list of functions is not the one of src/gpu'

relu() {
    "$vktl" selftest --op relu --quick "$@"
}

# ---- Counts

status_of with_layer "calls=$work/calls.txt,handles=$work/handles.txt,every=5" relu
[ "$status" -eq 0 ] || fail "the layer changes the status to $status: $(cat "$work/err.txt")"
! grep -q 'leak:' "$work/err.txt" || fail "$(cat "$work/err.txt")"
total=$(sed -n 's/^# total //p' "$work/calls.txt")
[ "$(grep -vc '^#' "$work/calls.txt")" -eq "$total" ] || fail "$total calls, but other lines"
[ "$total" -gt 100 ] || fail "only $total calls were seen"
grep -q '^[0-9]* vkWaitForFences hdl [0-9a-f]*$' "$work/calls.txt" ||
    fail 'no call of vkWaitForFences'
grep -q '^VkPipeline made [1-9][0-9]* peak [1-9][0-9]* live 0$' "$work/handles.txt" ||
    fail "handles: $(cat "$work/handles.txt")"
! grep -q 'live [1-9]' "$work/handles.txt" || grep -q '^submits' "$work/handles.txt" ||
    fail 'no lines while it runs'

# ---- Faults

status_of with_layer "fault=vkCreateBuffer:1:OUT_OF_DEVICE_MEMORY,calls=$work/calls.txt" relu
[ "$status" -eq 5 ] || fail "no memory, but status $status"
[ "$(grep -c injected "$work/calls.txt")" -eq 1 ] || fail 'not one call that failed'
status_of with_layer "fault=any:100:OUT_OF_DEVICE_MEMORY,calls=$work/calls.txt" relu
[ "$(grep -c injected "$work/calls.txt")" -eq 1 ] || fail 'not one call that failed'
grep -q "^100 .* injected" "$work/calls.txt" || fail 'another call than asked for'

# What is lost stays lost, and only what may say so says it.
status_of with_layer "fault=vkQueueSubmit:3:DEVICE_LOST,calls=$work/calls.txt" relu
[ "$status" -eq 1 ] || fail "a lost device, but status $status"
first=$(grep -n injected "$work/calls.txt" | head -n 1 | cut -d: -f1)
tail -n "+$first" "$work/calls.txt" | grep -v '^#' | awk '$3 ~ /l/ && $5 != "injected" ||
    $3 !~ /l/ && $5 == "injected" { exit 1 }' || fail 'a lost device goes on'
status_of with_layer "fault=vkCreateBuffer:1:DEVICE_LOST,calls=$work/calls.txt" relu
[ "$status" -eq 0 ] || fail 'vkCreateBuffer must not tell of a lost device'

# ---- Limits

with_layer limits,subgroup=16 "$vktl" devices --json >"$work/devices.json"
check_json "$work/devices.json" 'd[0]["limits"]["subgroup_size"] == 16
    and d[0]["limits"]["max_shared_bytes"] == 16384
    and d[0]["limits"]["max_allocation_bytes"] == 1 << 30
    and d[0]["limits"]["timestamp_period_ns"] in (0, None)
    and not any(d[0]["features"].values())'
status_of with_layer limits relu
[ "$status" -eq 0 ] || fail "relu at the baseline: status $status, $(cat "$work/err.txt")"

# ---- Corrupted shaders

items=
for form in storage address; do
    items="$items,corrupt=$binary/generated/spirv/sgd_momentum.$form.spv"
done
status_of "$vktl" selftest --op sgd --quick
[ "$status" -eq 0 ] || fail 'sgd fails without any corruption'
status_of with_layer "${items#,}" "$vktl" selftest --op sgd --quick
[ "$status" -eq 1 ] || fail "a corrupted sgd: status $status"
grep -q 'became a difference' "$work/err.txt" || fail 'nothing was corrupted'

# ---- Settings that mean nothing are not overlooked

for items in fault=vkQueueSubmit fault=vkQueueSubmit:0:DEVICE_LOST fault=vkQueueSubmit:1:LOST \
    limit unknown=1 every=x; do
    status_of with_layer "$items" "$vktl" devices
    [ "$status" -ge 128 ] || fail "VKTL_LAYER=$items is taken, status $status"
done
echo 'layer.sh: all as expected'
