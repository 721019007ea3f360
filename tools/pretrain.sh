#!/usr/bin/env bash
# Makes assets/backbones/vgg-mini.safetensors anew: draws photos of 120 invented people (none of
# them the demo's five) and trains vgg-mini on them with vktl. About 20 minutes on two cores.
#
#   tools/pretrain.sh [--device DEVICE] [--out FILE]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
device=auto
out="$root/assets/backbones/vgg-mini.safetensors"
while [ $# -gt 0 ]; do
    case $1 in
    --device) device=${2:?--device needs a value} ;;
    --out) out=${2:?--out needs a value} ;;
    *)
        sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
    shift 2
done

"$root/tools/setup.sh"
cd "$root"
cmake --preset release -DVKTL_TESTS=OFF >/dev/null
cmake --build --preset release

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "drawing 14,400 photos to train on and 480 to validate" >&2
facegen=build/tools/facegen/facegen
"$facegen" --seed 6317 --people 100:120 --photos 120 --out "$work/train"
"$facegen" --seed 6317 --people 100:120 --photos 4 --first-photo 1000 --out "$work/val"
build/vktl train --model vgg-mini --weights none --freeze none --head flatten,dropout:0.3 \
    --train "$work/train" --val "$work/val" --lr 0.02 --batch 64 --epochs 10 --seed 0 \
    --device "$device" --run "$work/run"
mkdir -p "$(dirname "$out")"
cp "$work/run/best.safetensors" "$out.new"
mv "$out.new" "$out"
cat "$work/run/history.csv"
echo "written: $out" >&2
