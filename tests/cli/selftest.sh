#!/bin/sh
# Conformance reports: rows, the whole model, every format, two drivers side by side; and files that
# a stranger made up are refused, each with status 4 and its name.
#   selftest.sh VKTL SOURCE [ANOTHER_DRIVER]
# Needs a Vulkan device and the system's Python; compares with ANOTHER_DRIVER's where it is given.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
check=$2/tests/view/page_check.py
other=${3:-${VK_DRIVER_FILES:-}}

# refused WORDS FILE
refused() {
    status=0
    "$vktl" selftest --merge "$work/good.json" "$2" 2>"$work/refused.err" >"$work/refused.out" ||
        status=$?
    [ "$status" -eq 4 ] || fail "status $status, not 4: $2"
    grep -qF "$(basename "$2")" "$work/refused.err" || fail "$2 is not named"
    grep -qF "$1" "$work/refused.err" || fail "not '$1': $(cat "$work/refused.err")"
    [ ! -s "$work/refused.out" ] || fail "$2 was reported"
}

# ---- Rows, and the model, on this driver

"$vktl" selftest --op softmax --report "$work/good.json" >"$work/rows.txt" 2>"$work/rows.err"
grep -q '^softmax  *forward .* ok$' "$work/rows.txt" || fail 'no rows'
"$vktl" selftest --op softmax --json --quiet --quick >"$work/quick.json"
check_json "$work/good.json" 'all(c["pass"] and c["seconds"] >= 0 and c["worst"] <= c["tolerance"]
    for v in d["devices"] for c in v["cases"]) and
    {c["precision"] for v in d["devices"] for c in v["cases"]} == {"fp32", "strict"} and
    {c["form"] for v in d["devices"] for c in v["cases"]} <= {"storage", "address"} and
    all(len(c["bits"]) == 32 for v in d["devices"] for c in v["cases"] if c["direction"] == "dx")'
check_json "$work/quick.json" 'len({c["form"] for v in d["devices"] for c in v["cases"]}) == 1'
mkdir "$work/temporary"
TMPDIR="$work/temporary" \
    "$vktl" selftest --op model --json --quick --quiet >"$work/model.json" 2>"$work/model.err"
[ ! -s "$work/model.err" ] || fail "$(cat "$work/model.err")"
check_json "$work/model.json" '[c["direction"] for c in d["devices"][0]["cases"]] ==
    ["infer", "losses", "trained", "weights", "resume"]'
rmdir "$work/temporary" || fail 'something is left in TMPDIR'

# ---- Another driver's report, side by side

VK_DRIVER_FILES=$other VK_ICD_FILENAMES=$other \
    "$vktl" selftest --op softmax --quiet --summary --report "$work/other.json" >"$work/other.txt"
grep -q '^All .* comparisons on .* passed' "$work/other.txt" || fail 'no summary'
for extension in html md json txt; do
    "$vktl" selftest --merge "$work/good.json" "$work/other.json" --quiet \
        --report "$work/both.$extension"
done
"$vktl" selftest --merge "$work/good.json" "$work/other.json" | cmp - "$work/both.txt"
"$vktl" selftest --merge "$work/both.json" --report "$work/again.json" --quiet
cmp "$work/both.json" "$work/again.json" || fail 'a report changes when it is read and written'
grep -q '1 and 2' "$work/both.txt" || fail 'no pairs'
grep -q '^Strict ones of all  all ' "$work/both.txt" || fail 'strict results differ'
"$python" "$check" "$work/both.html" 'Conformance of vktl' 'Devices in pairs' ||
    fail 'the page is not sound'

# ---- Texts that are hostile, and a failure

"$python" - "$work" <<'END'
import json, sys
work = sys.argv[1]
d = json.load(open(work + "/quick.json"))
device = d["devices"][0]
device["name"] = "<script>alert(1)</script> & 'x' | `y` ![z](http://a.b)\n# h"
case = device["cases"][0]
case.update({"case": "</details><b>|", "pass": False, "worst": 1,
             "detail": "<img src=x onerror=y>"})
json.dump(d, open(work + "/hostile.json", "w"))

def plant(name, change):
    d = json.load(open(work + "/quick.json"))
    change(d, d["devices"][0], d["devices"][0]["cases"])
    json.dump(d, open(f"{work}/forged-{name}.json", "w"))

plant("none", lambda d, v, c: d.pop("devices"))
plant("empty", lambda d, v, c: d["devices"].clear())
plant("kind", lambda d, v, c: d.update(devices={"a": 1}))
plant("device", lambda d, v, c: d["devices"].insert(0, 7))
plant("driver", lambda d, v, c: v.pop("driver"))
plant("name", lambda d, v, c: v.update(name="x" * 501))
plant("limit", lambda d, v, c: v["limits"].update(memory_size=-1))
plant("cases", lambda d, v, c: v.update(cases="none"))
plant("many", lambda d, v, c: v.update(cases=[0] * 50001))
plant("devices", lambda d, v, c: d.update(devices=[{**v, "cases": []}] * 65))
plant("case", lambda d, v, c: c.insert(1, None))
plant("op", lambda d, v, c: c[0].update(op=5))
plant("worst", lambda d, v, c: c[0].update(worst="0"))
plant("below", lambda d, v, c: c[0].update(worst=-1))
plant("pass", lambda d, v, c: c[0].update(worst=c[0]["tolerance"] * 2))
plant("word", lambda d, v, c: c[0].update({"pass": "true"}))
plant("bits", lambda d, v, c: c[0].update(bits="xyz"))
plant("form", lambda d, v, c: c[0].update(form="<b>"))
plant("precision", lambda d, v, c: c[0].update(precision="fp64"))
text = open(work + "/quick.json").read()
open(work + "/forged-torn.json", "w").write(text[:len(text) // 2])
open(work + "/forged-huge.json", "w").write(text.replace('"worst": ', '"worst": 1e999, "w": ', 1))
open(work + "/forged-deep.json", "w").write("[" * 100000)
END
status=0
"$vktl" selftest --merge "$work/hostile.json" "$work/good.json" --quiet \
    --report "$work/hostile.html" 2>"$work/hostile.err" || status=$?
[ "$status" -eq 1 ] || fail "status $status of a report with a failure"
"$python" "$check" "$work/hostile.html" 'What failed' '</details><b>|' '<img src=x onerror=y>' \
    "<script>alert(1)</script> & 'x' | \`y\` ![z](http://a.b) # h" || fail 'texts are not escaped'
"$vktl" selftest --merge "$work/hostile.json" "$work/good.json" --quiet \
    --report "$work/hostile.md" 2>"$work/hostile.err" || true
grep -qE '<(script|b|img)|!\[|http://' "$work/hostile.md" && fail 'Markdown is not escaped'

# ---- Forged

refused '"devices"' "$work/forged-none.json"
refused '"devices"' "$work/forged-empty.json"
refused '"devices"' "$work/forged-kind.json"
refused 'device 1: "name"' "$work/forged-device.json"
refused 'device 1: "driver"' "$work/forged-driver.json"
refused 'device 1: "name"' "$work/forged-name.json"
refused 'device 1: "memory_size"' "$work/forged-limit.json"
refused 'device 1: "cases"' "$work/forged-cases.json"
refused 'device 1: "cases"' "$work/forged-many.json"
refused '"devices" are more than 64' "$work/forged-devices.json"
refused 'device 1, case 2: "op"' "$work/forged-case.json"
refused 'device 1, case 1: "op"' "$work/forged-op.json"
refused 'case 1: "worst"' "$work/forged-worst.json"
refused 'case 1: "worst"' "$work/forged-below.json"
refused 'case 1: "worst"' "$work/forged-huge.json"
refused 'is above "tolerance"' "$work/forged-pass.json"
refused 'case 1: "pass"' "$work/forged-word.json"
refused 'case 1: "bits"' "$work/forged-bits.json"
refused 'case 1: "form"' "$work/forged-form.json"
refused 'case 1: "precision"' "$work/forged-precision.json"
refused 'no JSON' "$work/forged-torn.json"
refused 'no JSON' "$work/forged-deep.json"
refused 'nowhere.json' "$work/nowhere.json"

# ---- Usage

for words in "--report x.pdf" "--merge" "report.json"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$vktl" selftest $words 2>"$work/usage.err" || status=$?
    [ "$status" -eq 2 ] || fail "status $status of selftest $words"
done
echo 'selftest.sh: all as expected'
