#!/bin/sh
# The report of a run: complete, self-contained and sound by an independent parser, whatever classes
# and files are called; and what is said where something of the run is gone.
#   report.sh VKTL SOURCE
# Needs a Vulkan device and the system's Python.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
check=$2/tests/view/page_check.py

# sound FILE TEXT...
sound() {
    "$python" "$check" "$@" || fail "$1 is not sound"
}

# refused WORDS COMMAND...: status 4, and the words are said.
refused() {
    words=$1
    shift
    status=0
    "$@" 2>"$work/refused.err" || status=$?
    [ "$status" -eq 4 ] || fail "status $status, not 4: $*"
    grep -qF "$words" "$work/refused.err" || fail "not '$words': $(cat "$work/refused.err")"
}

# ---- A run whose names are hostile

script='<script>alert(1)<'  # a folder cannot hold a slash
quotes="\"'& onerror=x"
broken=$(printf 'z\377\303 end')
i=0
for class in "$script" "$quotes" "$broken"; do
    set -- bastu ilva joren
    shift $i
    i=$((i + 1))
    for part in train val; do
        mkdir -p "$work/$part/$class"
        cp "$faces/$part/$1"/*.png "$work/$part/$class"
    done
done
cp "$faces/val/orvin/100.png" "$work/val/$script/0<b>&amp;.png"
echo 'not an image' >"$work/train/$script/torn.png"
run="$work/a run's <i>"
"$vktl" train --model vgg-mini --weights none --freeze none --head gap --train "$work/train" \
    --val "$work/val" --epochs 2 --run "$run" --quiet 2>"$work/train.err"
[ -s "$run/confusion.png" ] || fail 'no confusion.png'
sound "$run/report.html" "Training run a run's <i>" "$script" "$quotes" 'z�� end' \
    '0<b>&amp;.png' 'torn.png' 'Left out (unreadable, or newer than the run): 1' \
    'Grad-CAM' 'of 16 validation images' "vktl infer '$work/a run'\\''s <i>' photo.jpg"
"$python" "$check" --self-test "$run/report.html" || fail 'the check misses mistakes'
size=$(wc -c <"$run/report.html")
[ "$size" -lt 3000000 ] || fail "report.html has $size bytes"

# The same again, but for the time that predictions took, and the names that Cairo counts in an SVG.
timeless() {
    sed -e '/scope="row">Predicting /d' -e 's/svg+xml;base64,[^"]*/svg/g' "$run/report.html"
}
timeless >"$work/first.html"
"$vktl" report "$run" --quiet
timeless | cmp "$work/first.html" - || fail 'another report of the same run'
"$vktl" report "$run" --samples 1 --worst 1 --quiet
[ "$(wc -c <"$run/report.html")" -lt $((size / 2)) ] || fail '--samples and --worst do nothing'

# ---- Calibrated: its figures are those of eval

"$vktl" eval "$run" "$work/val" --calibrate --json --quiet >"$work/eval.json" 2>/dev/null
"$vktl" report "$run" --quiet
loss=$("$python" -c 'import json, sys; print("%.4f" % json.load(open(sys.argv[1]))["loss"])' \
    "$work/eval.json")
sound "$run/report.html" "$loss" 'at temperature '

# ---- Photos that moved

mv "$work/val/$script/100.png" "$work/kept.png"
"$vktl" report "$run" --quiet 2>"$work/moved.err"
grep -q '100.png is no longer there; left out' "$work/moved.err" ||
    fail 'a moved photo is not named'
sound "$run/report.html" 'of 15 validation images' 'No longer where they were: 1'
mv "$work/val" "$work/elsewhere"
"$vktl" report "$run" --quiet 2>"$work/moved.err"
grep -q -- '--images' "$work/moved.err" || fail 'it is not said that there are no photos'
sound "$run/report.html" '3 classes; ' 'No longer where they were: 16'
"$vktl" report "$run" --images "$work/elsewhere" --quiet
sound "$run/report.html" 'of 15 images of elsewhere'

# ---- No validation at all

"$vktl" train --model vgg-mini --weights none --freeze none --head gap --train "$work/elsewhere" \
    --max-steps 2 --epochs 1 --run "$work/bare" --no-report --quiet
[ ! -e "$work/bare/report.html" ] || fail '--no-report is not heard'
"$vktl" report "$work/bare" --quiet
sound "$work/bare/report.html" 'of 15 training images'

# ---- Damaged

refused 'no such run folder' "$vktl" report "$work/nowhere"
for file in config.json history.csv files.csv best.safetensors; do
    cp -r "$work/bare" "$work/damaged"
    echo '"' >"$work/damaged/$file"
    refused "$file" "$vktl" report "$work/damaged"
    rm "$work/damaged/$file"
    refused "$file" "$vktl" report "$work/damaged"
    rm -r "$work/damaged"
done
echo 'report.sh: all as expected'
