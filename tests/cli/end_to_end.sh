#!/bin/sh
# The program as a user meets it: train, eval, infer, features, summary, Ctrl-C; every document of
# --json is parsed, and infer must agree with eval.
#   end_to_end.sh VKTL SOURCE
# Needs a Vulkan device and the system's Python.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

train() {
    "$vktl" train --model vgg-mini --weights none --freeze none --head gap --train "$faces/train" \
        --seed 1 --lr 0.01 "$@"
}

# ---- The plan alone

train --run "$work/dry" --dry-run --quiet --plan "$work/plan.svg" --freeze block4_conv1 \
    --weights "$2/assets/backbones/vgg-mini.safetensors" --unfreeze-from block4_conv1 \
    --fine-tune-epochs 1 >"$work/plan.txt"
grep -q 'memory' "$work/plan.txt" || fail 'the plan does not tell the memory'
grep -q '^block4_conv1 gradient .* [0-9]*-[0-9]*  [.]*#' "$work/plan.txt" ||
    fail 'the plan does not tell what lies in memory when'
[ -s "$work/plan.svg" ] && [ -s "$work/plan-fine-tune.svg" ] || fail 'the plan is not drawn'
[ ! -e "$work/dry" ] || fail 'a dry run leaves something behind'

# ---- Train

train --val "$faces/val" --run "$work/run" --epochs 2 --json >"$work/train.json" 2>"$work/train.err"
check_json "$work/train.json" 'd["epochs"] == 2 and d["steps"] == 12 and d["best_epoch"] in (1, 2)'
[ "$(grep -c '^Epoch [12]/2 - .*s - loss: .* - val_accuracy: ' "$work/train.err")" -eq 2 ] ||
    fail "not a line an epoch: $(cat "$work/train.err")"
grep -q "vktl infer $work/run photo.jpg" "$work/train.err" || fail 'what to do next is not said'
for file in config.json classes.json model.json history.csv steps.csv best.safetensors \
    last.safetensors; do
    [ -s "$work/run/$file" ] || fail "$file is missing"
done
train --val-split 0.2 --run "$work/limited" --max-steps 3 --quiet 2>"$work/quiet.err"
[ ! -s "$work/quiet.err" ] || fail "--quiet is not quiet: $(cat "$work/quiet.err")"
[ "$(wc -l <"$work/limited/steps.csv")" -eq 4 ] || fail '--max-steps 3 did not make 3 steps'

# ---- Use

"$vktl" eval "$work/run" "$faces/val" >"$work/eval.txt"
grep -q 'Confusion matrix' "$work/eval.txt" || fail 'no confusion matrix'
"$vktl" eval "$work/run" "$faces/val" --json >"$work/eval.json"
check_json "$work/eval.json" 'd["images"] == 25 and len(d["classes"]) == 5 and
    sum(map(sum, d["confusion"])) == 25 and
    sum(d["confusion"][i][i] for i in range(5)) == d["correct"]'
# Calibration, of a model that errs; the fit itself is measured by tests/train/evaluate.c.
train --run "$work/raw" --epochs 1 --quiet
"$vktl" eval "$work/raw" "$faces/val" --json >"$work/before.json"
"$vktl" eval "$work/raw" "$faces/val" --json --calibrate >"$work/fitted.json"
check_json "$work/fitted.json" 'd["calibration"]["loss_after"] < d["calibration"]["loss_before"] and
    d["temperature"] == d["calibration"]["temperature"] != 1 and
    abs(d["loss"] - d["calibration"]["loss_after"]) < 1e-6'
"$vktl" eval "$work/raw" "$faces/val" --json >"$work/after.json"
"$vktl" eval "$work/raw" "$faces/val" --json --no-calibration >"$work/none.json"
"$python" - "$work/before.json" "$work/fitted.json" "$work/after.json" "$work/none.json" <<'END' ||
import json, sys
before, fitted, after, none = (json.load(open(path)) for path in sys.argv[1:])
for d in (before, fitted, after, none):
    del d["seconds"]
fitted.pop("calibration")
assert fitted == after and before == none
assert before["confusion"] == after["confusion"] and before["loss"] != after["loss"]
END
    fail 'calibration is not kept, or changes more than the probabilities'
"$vktl" eval vgg-mini "$faces/val" --calibrate 2>"$work/no.err" && fail 'vgg-mini is calibrated'
"$vktl" infer "$work/run" "$faces/val" --json --npy "$work/all.npy" >"$work/infer.json"
check_json "$work/infer.json" 'len(d) == 25 and all(len(i["predictions"]) == 5 for i in d) and
    all(abs(sum(p["probability"] for p in i["predictions"]) - 1) < 1e-5 for i in d)'
"$python" - "$work/infer.json" "$work/eval.json" "$work/all.npy" <<'END' ||
import ast, json, struct, sys
images, evaluation = (json.load(open(path)) for path in sys.argv[1:3])
right = sum(i["predictions"][0]["class"] == i["path"].split("/")[-2] for i in images)
assert right == evaluation["correct"], (right, evaluation["correct"])
data = open(sys.argv[3], "rb").read()
assert ast.literal_eval(data[10:128].decode()) == {
    "descr": "<f4", "fortran_order": False, "shape": (25, 5)}
rows = struct.unpack("<125f", data[-500:])
for n, image in enumerate(images):
    for p in image["predictions"]:
        assert abs(rows[5 * n + p["index"]] - p["probability"]) < 1e-6
END
    fail 'infer and eval differ'

# ---- Little memory

"$vktl" infer "$work/run" "$faces/val" --json --npy "$work/small.npy" --memory-limit 7M \
    >"$work/small.json" 2>"$work/small.err"
grep -q 'batches of 16 need .*; so batches are of [1-8]$' "$work/small.err" ||
    fail "infer does not make do: $(cat "$work/small.err")"
"$python" - "$work/all.npy" "$work/small.npy" <<'END' || fail 'predictions depend on the memory'
import sys, array
whole, part = (array.array("f", open(f, "rb").read()[-25 * 5 * 4:]) for f in sys.argv[1:])
sys.exit(not all(abs(a - b) <= 1e-5 for a, b in zip(whole, part)))
END
train --run "$work/auto" --max-steps 1 --batch auto --no-report 2>"$work/auto.err"
grep -q '^Batch: 64 images' "$work/auto.err" || fail "--batch auto: $(cat "$work/auto.err")"
grep -q '"batch": 64' "$work/auto/config.json" || fail 'the batch found is not written down'
train --run "$work/parts" --max-steps 1 --memory-limit 8M --no-report 2>"$work/parts.err"
grep -q 'warning: batches of 16 need .* in parts of [1-8],' "$work/parts.err" ||
    fail "train does not make do: $(cat "$work/parts.err")"

# ---- Text

image=$faces/val/ilva/100.png
"$vktl" infer "$work/run" "$image" --top 2 --quiet >"$work/infer.txt"
[ "$(wc -l <"$work/infer.txt")" -eq 3 ] || fail "infer --top 2: $(cat "$work/infer.txt")"
LC_ALL=C "$vktl" infer "$work/run" "$image" --quiet | grep -q '#' || fail 'no bars in ASCII'
LC_ALL=C.UTF-8 "$vktl" infer "$work/run" "$image" --quiet | grep -q '█' || fail 'no bars of blocks'

# ---- Pictures

"$vktl" infer "$work/run" "$image" --chart "$work/one.png" --quiet >/dev/null
"$vktl" infer "$work/run" "$faces/val" --top 3 --chart "$work/many@2x.png" --quiet >/dev/null
"$vktl" infer "$work/run" "$image" "$image" --chart "$work/two.SVG" --quiet >/dev/null
for file in one.png many-1@2x.png many-2@2x.png two.SVG; do
    [ -s "$work/$file" ] || fail "infer --chart did not write $file"
done
status=0
"$vktl" infer "$work/run" "$image" --chart "$work/one.jpg" >"$work/jpg.txt" 2>&1 || status=$?
[ "$status" -eq 2 ] && [ ! -e "$work/one.jpg" ] || fail '--chart one.jpg is not refused'
[ "$(grep -c 'ilva' "$work/jpg.txt")" -eq 0 ] || fail '--chart one.jpg is refused too late'

"$vktl" features "$work/run" "$image" --npy --out "$work/maps" --json >"$work/features.json"
check_json "$work/features.json" 'd[0]["shape"] == [1, 64, 64, 16] and d[-1]["shape"] == [1, 5]'
[ "$(find "$work/maps" -name '*.npy' | wc -l)" -eq "$(grep -c '"layer"' "$work/features.json")" ] ||
    fail 'not a file a layer'
[ -s "$work/maps/00_block1_conv1.npy" ] || fail 'no 00_block1_conv1.npy'
[ "$(find "$work/maps" -name '*.png' | wc -l)" -eq "$(grep -c '"layer"' "$work/features.json")" ] ||
    fail 'not a sheet a layer'
"$vktl" features "$work/run" "$image" --layer block4_conv1 --all --out "$work/all" --quiet \
    >"$work/layer.txt"
[ "$(find "$work/all" -type f | wc -l)" -eq 2 ] && [ -s "$work/all/06_block4_conv1_2.png" ] ||
    fail 'features --all did not write two sheets of 128 channels'
"$vktl" features "$work/run" "$image" --layer predictions --no-sheets --out "$work/none" --quiet \
    >"$work/layer.txt"
[ ! -e "$work/none" ] || fail '--no-sheets writes something'
[ "$(wc -l <"$work/layer.txt")" -eq 2 ] || fail 'features --layer shows other layers'

"$vktl" summary vgg16 --no-top | grep -q '14,714,688' || fail 'VGG16 without top'
"$vktl" summary vgg16 --no-top --json >"$work/summary.json"
check_json "$work/summary.json" 'd["parameters"] == 14714688 and d["classes"] == []'
"$vktl" summary --list --json >"$work/list.json"
check_json "$work/list.json" 'd == ["mobilenet", "vgg-mini", "vgg16", "vgg19"]'
"$vktl" devices --json >"$work/devices.json"
check_json "$work/devices.json" 'd[0]["usable"] and d[0]["limits"]["memory_bytes"] > 0'
"$vktl" selftest --op relu --device all --json >"$work/selftest.json"
check_json "$work/selftest.json" 'd["devices"] and all(c["pass"] for v in d["devices"]
    for c in v["cases"]) and all(v["cases"] for v in d["devices"])'
VKTL_DEVICE=no-such-device "$vktl" selftest --op relu 2>"$work/environment.err" &&
    fail 'VKTL_DEVICE is not heard'
grep -q no-such-device "$work/environment.err" || fail 'VKTL_DEVICE is not named'

# ---- Help, for every command, within 80 columns

"$vktl" help >"$work/help.txt"
for command in train infer eval features summary devices selftest; do
    grep -q "^  $command " "$work/help.txt" || fail "help does not list $command"
    "$vktl" help "$command" >"$work/a.txt"
    "$vktl" "$command" --nonsense --help >"$work/b.txt"
    cmp "$work/a.txt" "$work/b.txt" || fail "two texts of help for $command"
    cat "$work/a.txt" >>"$work/help.txt"
done
awk 'length > 80 { print; long = 1 } END { exit long }' "$work/help.txt" || fail 'help is too wide'

# ---- Ctrl-C: a shell's background commands ignore it unless told otherwise

env --default-signal=INT "$vktl" train --model vgg-mini --weights none --freeze none --head gap \
    --train "$faces/train" --epochs 10000 --run "$work/stopped" 2>"$work/stopped.err" &
train=$!
until grep -q '^Epoch 1/' "$work/stopped.err"; do
    kill -0 "$train" || fail "training ended: $(cat "$work/stopped.err")"
    sleep 0.1
done
kill -INT "$train"
status=0
wait "$train" || status=$?
[ "$status" -eq 130 ] || fail "status $status after Ctrl-C"
"$vktl" infer "$work/stopped/last.safetensors" "$image" --quiet >"$work/last.txt"
[ "$(find "$work/stopped" -name "*.tmp" | wc -l)" -eq 0 ] ||
    fail "files after Ctrl-C: $(ls -A "$work/stopped")"
echo 'end_to_end.sh: all as expected'
