#!/usr/bin/env bash
# Installs what is missing, builds vktl, trains a classifier of five invented people, and recognises
# them in pictures that it has not seen.
#
#   tools/demo.sh [--run DIR] [--device DEVICE]
#
# --run DIR        where the results go (runs/demo); an earlier demo there is replaced, nothing else
# --device DEVICE  a number or part of a name from `vktl devices` (auto)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run="$root/runs/demo"
device=auto

usage() {
    sed -n '2,8s/^# \{0,1\}//p' "$0"
}

die() {
    echo "demo: $*" >&2
    exit 1
}

# Says what is going to be run, in a form that can be typed, and runs it.
show_and_run() {
    printf '\n$' >&2
    printf ' %q' "$@" >&2
    printf '\n' >&2
    "$@"
}

while [ $# -gt 0 ]; do
    case $1 in
    --run | --device)
        [ $# -ge 2 ] || die "$1 needs a value"
        if [ "$1" = --run ]; then run=$2; else device=$2; fi
        shift 2
        ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
done

mkdir -p "$run"
run=$(cd "$run" && pwd)
mark="$run/demo.txt" # tells a demo's run directory from one that somebody wants to keep
if [ ! -e "$mark" ] && [ -n "$(ls -A "$run")" ]; then
    die "$run holds something else than a demo; name another folder with --run"
fi

"$root/tools/setup.sh"
cd "$root"
# The tests need more packages, so they are left to tools/test.sh.
cmake --preset release -DVKTL_TESTS=OFF >/dev/null
cmake --build --preset release

faces=assets/faces
rm -rf "${run:?}"
trap '[ ! -d "$run" ] || echo "Made by tools/demo.sh, which replaces this folder." >"$mark"' EXIT
show_and_run build/vktl train --model vgg-mini --train "$faces/train" --val "$faces/val" \
    --head flatten,dropout:0.5 --lr 0.003 --epochs 40 --device "$device" --run "$run"
show_and_run build/vktl eval "$run" "$faces/val" --device "$device"
show_and_run build/vktl infer "$run" "$faces/val" --top 1 --device "$device"
show_and_run build/vktl infer "$run" "$faces"/val/*/100.png --chart "$run/bars.png" --quiet \
    --device "$device"
show_and_run build/vktl features "$run" "$faces/val/mirelle/102.png" --cam --out "$run/features" \
    --device "$device"

cat <<END

Done in $SECONDS s. The report, for any browser: $run/report.html
Beside it in $run:
  bars.png           a face of each person, and who it is taken for
  features/          what every layer makes of a face, and where the network looks (cam.png)
  best.safetensors   the trained model, for vktl infer, eval and features
  history.csv        loss and accuracy of each epoch
  config.json        every option, the device and its driver
The pictures are in $root/$faces. With photos of your own, one folder a person:
  $root/build/vktl train --train photos/train --val photos/val --model vgg-mini --run runs/mine
END
