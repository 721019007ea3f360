#!/bin/sh
# `vktl bench`: figures that fit together, layers of both directions, comparison, refusals.
#   bench.sh VKTL SOURCE
# Needs a Vulkan device and the system's Python. Nothing here asks how fast anything is.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
export XDG_CACHE_HOME="$work/cache"

"$vktl" bench --repeats 3 --quiet --json >"$work/infer.json"
check_json "$work/infer.json" 'd["model"] == "vgg-mini" and d["batch"] == 1 and
    d["pass"] == "infer" and
    d["seconds_min"] <= d["seconds_median"] <= d["seconds_max"] and
    abs(d["images_per_second"] * d["seconds_median"] - 1) < 1e-6 and
    d["peak_gflops"] > 0 and d["peak_gbytes_per_second"] > 0 and d["peak_bytes"] > 0 and
    d["cold_start_seconds"] > 0 and d["warm_start_seconds"] > 0'
# 2 * 64 * 64 * 16 * 27 operations, whatever the kernel
check_json "$work/infer.json" 'any(l["name"] == "block1_conv1" and l["op"] == "conv2d" and
    l["direction"] == "forward" and l["kernel"] and
    abs(l["gflops"] * l["seconds"] * 1e9 - 3538944) < 1 and
    abs(l["percent_of_peak"] / 100 * d["peak_gflops"] - l["gflops"]) < 1e-6 * l["gflops"]
    for l in d["layers"])'

"$vktl" bench --head gap --classes 5 --pass train --batch 4 --repeats 2 --quiet --json \
    --compare "$work/infer.json" >"$work/train.json" 2>"$work/train.err"
grep -q 'another model, batch or pass' "$work/train.err" || fail 'a comparison of unlike runs'
check_json "$work/train.json" '{l["direction"] for l in d["layers"]} >= {"forward", "backward"} and
    {"input", "loss", "update"} <= {l["name"] for l in d["layers"]} and d["times_faster"] > 0'

"$vktl" bench --head gap --classes 5 --freeze base --pass head --batch 4 --repeats 2 --quiet \
    --json >"$work/head.json"
check_json "$work/head.json" '[l["name"] for l in d["layers"]].count("predictions") == 2 and
    not any("conv" in l["name"] for l in d["layers"])'

"$vktl" bench --repeats 1 --quiet --compare "$work/infer.json" >"$work/table.txt"
grep -q 'times as fast' "$work/table.txt" || fail 'the table does not compare'
awk 'length > 88 && !/ on / { exit 1 }' "$work/table.txt" || fail 'the table is too wide'

refused() {
    expected=$1
    shift
    status=0
    "$vktl" bench "$@" >/dev/null 2>"$work/refused.err" || status=$?
    [ "$status" -eq "$expected" ] || fail "bench $*: status $status, not $expected"
}
refused 2 --pass head
echo '{}' >"$work/empty.json"
refused 4 --compare "$work/empty.json"
refused 4 --compare "$work/missing.json"
refused 2 --model vgg16 --no-top --pass train
refused 2 --model no-such-model
