#!/bin/sh
# `vktl augment`: a sheet of what augmentation does, the same for one seed; what is refused.
#   augment.sh VKTL SOURCE
# Needs a Vulkan device and the system's Python.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# refused STATUS WORDS ARGUMENT...: the command fails with that status and says so.
refused() {
    status=$1 words=$2
    shift 2
    code=0
    "$vktl" augment "$@" >"$work/out" 2>"$work/err" || code=$?
    [ "$code" -eq "$status" ] || fail "$*: status $code, not $status: $(cat "$work/err")"
    grep -q -e "$words" "$work/err" || fail "$*: does not say '$words': $(cat "$work/err")"
}

sheet() {
    "$vktl" augment "$faces/train" --rotation-range 20 --zoom-range 0.5,1.5 --horizontal-flip \
        --image-size 64 --images 4 --variants 3 --quiet "$@"
}

if ! sheet --out "$work/a.png" --json >"$work/a.json" 2>"$work/err"; then
    grep -q Cairo "$work/err" || fail "$(cat "$work/err")"
    echo "built without Cairo: skipped"
    exit 77
fi
sheet --out "$work/b.png" --json >"$work/b.json"
cmp -s "$work/a.png" "$work/b.png" || fail 'one seed makes two sheets'
sheet --out "$work/c.png" --seed 1
! cmp -s "$work/a.png" "$work/c.png" || fail 'two seeds make one sheet'
sheet --out "$work/d.svg"
grep -q '<svg' "$work/d.svg" || fail 'no SVG'
"$python" - "$work/a.json" "$work/b.json" <<'END' || fail 'the JSON is not what it should be'
import json, sys
a, b = (json.load(open(path)) for path in sys.argv[1:])
assert a["images"] == b["images"] and len(a["images"]) == 4
variants = [v for image in a["images"] for v in image["variants"]]
assert len(variants) == 12 and len({v["theta"] for v in variants}) == 12
assert all(abs(v["theta"]) <= 20 and 0.5 <= v["zx"] <= 1.5 and v["tx"] == 0 for v in variants)
assert {v["flip_horizontal"] for v in variants} == {True, False}
assert all(v["brightness"] is None and not v["flip_vertical"] for v in variants)
END

refused 2 'nothing to show' "$faces/train"
refused 2 'takes one number' "$faces/train" --zoom-range 1.5
refused 2 'takes one number' "$faces/train" --zoom-range 0.5,x
refused 2 'zoom-range' "$faces/train" --zoom-range 1.5,0.5
refused 2 'takes two numbers' "$faces/train" --brightness-range 0.5
refused 2 'rotation-range' "$faces/train" --rotation-range -3
refused 2 '.png or .svg' "$faces/train" --vertical-flip --out "$work/sheet.jpg"
refused 4 'nowhere' "$work/nowhere" --vertical-flip --out "$work/e.png"

# A bad image is named and left out.
first=$(find "$faces/train" -name '*.png' | sort | head -n 1)
printf 'no picture' >"$work/bad.png"
refused 4 'bad.png' "$work/bad.png" "$first" --vertical-flip --out "$work/e.png"
[ -s "$work/e.png" ] || fail 'no sheet of the image that can be read'
