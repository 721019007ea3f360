#!/bin/sh
# `vktl tune`: candidates of every direction, choices that later commands follow, --no-tune.
#   tune.sh VKTL SOURCE
# Needs a Vulkan device and the system's Python. Nothing here asks how fast anything is.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

"$vktl" tune --head gap --classes 5 --pass train --batch 4 --quiet --json >"$work/tune.json"
check_json "$work/tune.json" 'd["model"] == "vgg-mini" and d["batch"] == 4 and
    d["pass"] == "train" and {"forward", "dx", "dw"} == {c["direction"] for c in d["candidates"]}'
# One winner and one heuristic for each layer and direction; none that is wrong.
check_json "$work/tune.json" 'all(sum(c[k] for c in d["candidates"]
    if (c["op"], c["direction"], c["shape"]) == use) == 1 for k in ("chosen", "heuristic")
    for use in {(c["op"], c["direction"], c["shape"]) for c in d["candidates"]})'
check_json "$work/tune.json" 'all(c["outcome"] not in ("wrong", "unchecked") and
    (c["seconds"] is None) == (c["part"] == 0) for c in d["candidates"])'
ls "$XDG_CACHE_HOME"/vktl/tuning-*.txt >"$work/ls.txt" || fail 'nothing is kept'

"$vktl" tune --batch 1 --limit 1e-9 >"$work/limit.txt" 2>"$work/limit.err"
grep -q 'not reached within the limit' "$work/limit.err" || fail 'no word of the limit'
"$vktl" tune --batch 1 >"$work/table.txt" 2>"$work/table.err"
grep -q 'chosen' "$work/table.txt" || fail 'a table without a choice'
awk 'length > 100 { exit 1 }' "$work/table.txt" || fail 'the table is too wide'

# What was chosen is what a run takes and says; --no-tune takes the heuristics again.
train() {
    "$vktl" train --train "$faces/train" --model vgg-mini --head gap --freeze none --epochs 1 \
        --max-steps 1 --batch 4 --no-report --quiet "$@"
}
train --run "$work/tuned"
train --run "$work/usual" --no-tune
check_json "$work/tuned/config.json" 'd["tuning"] and all(
    d["tuning"]["%s %s %s" % (c["op"], c["direction"], c["shape"])] == c["algorithm"]
    for c in json.load(open("'"$work"'/tune.json"))["candidates"] if c["chosen"])'
check_json "$work/usual/config.json" 'd["tuning"] and all(
    d["tuning"]["%s %s %s" % (c["op"], c["direction"], c["shape"])] == c["algorithm"]
    for c in json.load(open("'"$work"'/tune.json"))["candidates"] if c["heuristic"])'
