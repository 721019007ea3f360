#!/bin/sh
# vktl lr-find and `train --lr auto` as a user meets them.
#   lr_find.sh VKTL SOURCE
# Needs a Vulkan device and the system's Python.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
model="--model vgg-mini --head gap,dropout:0.3 --train $faces/train"

# Twice, once as text and once as JSON: the same files.
# shellcheck disable=SC2086 # words are meant
"$vktl" lr-find $model --steps 60 --from 1e-5 --out "$work/a" >"$work/a.txt" \
    2>"$work/a.err"
# shellcheck disable=SC2086
"$vktl" lr-find $model --steps 60 --from 1e-5 --out "$work/b" --json >"$work/b.json"
for file in lr_find.csv lr_find.png lr_find.svg; do
    if [ "$file" != lr_find.csv ] && grep -q 'without Cairo' "$work/a.err"; then
        continue
    fi
    cmp "$work/a/$file" "$work/b/$file" || fail "$file differs from the same test's"
done
grep -q '^Recommended: --lr [0-9.e-]* (valley)$' "$work/a.txt" || fail "$(cat "$work/a.txt")"
grep -q "^The curve is in $work/a$" "$work/a.err" || fail 'where the curve is, is not said'
"$python" - "$work/a/lr_find.csv" "$work/b.json" "$work/a.txt" <<'END' ||
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1])))
d = json.load(open(sys.argv[2]))
assert len(rows) == len(d["steps"]) >= 20 and d["planned_steps"] == 60
for row, step in zip(rows, d["steps"]):
    assert all(abs(float(row[k]) - step[k]) <= 1e-8 * abs(step[k]) for k in step), (row, step)
assert d["recommended"] == d["suggestions"]["valley"]
assert "--lr %.3g " % d["recommended"] in open(sys.argv[3]).read()
smoothed, weight = 0, 0  # bias-corrected, from the losses alone
for row in rows:
    smoothed, weight = 0.98 * smoothed + 0.02 * float(row["loss"]), 0.98 * weight + 0.02
    assert abs(smoothed / weight - float(row["smoothed"])) < 1e-6
END
    fail 'CSV, JSON and text differ'

# Rates that change nothing: more steps are advised, and only then.
if grep -q 'hardly falls' "$work/a.err"; then fail "$(cat "$work/a.err")"; fi
# shellcheck disable=SC2086
"$vktl" lr-find $model --to 1e-6 --out "$work/d" >"$work/d.txt" 2>"$work/d.err" || true
grep -q 'hardly falls.* --steps, such as 1000' "$work/d.err" || fail "$(cat "$work/d.err")"

# train --lr auto: the number that it found is said, used and kept.
# shellcheck disable=SC2086
"$vktl" train $model --lr auto --epochs 2 --run "$work/run" --json >"$work/run.json" \
    2>"$work/run.err"
grep -q '^Learning rate: [0-9.e-]*, by the range test$' "$work/run.err" ||
    fail "$(cat "$work/run.err")"
[ -s "$work/run/lr_find.csv" ] || fail 'the test of --lr auto is not kept'
"$python" - "$work/run" "$work/run.json" <<'END' || fail '--lr auto: not one rate everywhere'
import csv, json, sys
rate = json.load(open(sys.argv[2]))["learning_rate"]
assert json.load(open(sys.argv[1] + "/config.json"))["lr"] == rate
rows = list(csv.DictReader(open(sys.argv[1] + "/steps.csv")))
assert rows and all(abs(float(row["learning_rate"]) / rate - 1) < 1e-8 for row in rows)
END
# What makes no sense is refused in one line.
for words in '--from 1 --to 0.1' '--steps 5' '--lr 0.1' '--from 0'; do
    status=0
    # shellcheck disable=SC2086
    "$vktl" lr-find $model --out "$work/c" $words >"$work/c.txt" 2>"$work/c.err" || status=$?
    [ "$status" = 2 ] || fail "$words: status $status"
    grep -q '^vktl: error: ' "$work/c.err" || fail "$words: $(cat "$work/c.err")"
    [ ! -e "$work/c" ] || fail "$words: writes files all the same"
done
