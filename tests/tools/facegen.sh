#!/bin/sh
# Draws the demo's faces again and compares them with the ones in the tree, byte for byte; also
# checks that more photos change no photo, and that a wrong command line is refused with status 2.
# Usage: facegen.sh PATH_OF_FACEGEN PATH_OF_ASSETS_FACES
set -eu

facegen=$1
faces=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "facegen.sh: $*" >&2
    exit 1
}

# The commands of tools/facegen/README.md.
names=ilva,joren,bastu,orvin,mirelle
"$facegen" --seed 6317 --people 0:5 --names $names --photos-list 14,17,20,19,21 \
    --out "$work/train" --sheet "$work/sheet.png"
"$facegen" --seed 6317 --people 0:5 --names $names --photos 5 --first-photo 100 --out "$work/val"

diff -r "$faces/train" "$work/train" || fail "the training photos differ from a fresh drawing"
diff -r "$faces/val" "$work/val" || fail "the validation photos differ from a fresh drawing"
cmp "$faces/sheet.png" "$work/sheet.png" || fail "the overview differs from a fresh drawing"
[ "$(find "$work/train" -name '*.png' | wc -l)" -eq 91 ] || fail "there are not 91 training photos"
[ "$(find "$work/val" -name '*.png' | wc -l)" -eq 25 ] || fail "there are not 25 validation photos"

# A photo depends on seed, person and its own index alone.
"$facegen" --seed 6317 --people 3:1 --photos 2 --first-photo 7 --out "$work/alone"
cmp "$work/alone/person_003/08.png" "$faces/train/orvin/08.png" ||
    fail "a photo depends on what else is drawn"

refused() {
    status=0
    "$facegen" "$@" 2>"$work/message" || status=$?
    [ "$status" -eq 2 ] || fail "status $status instead of 2 for: $*"
    grep -q '^usage: facegen' "$work/message" || fail "no usage message for: $*"
}
refused
refused --out
refused --out "$work/x" --colour 3
refused --out "$work/x" --people 3
refused --out "$work/x" --people 0:2 --names a,b,c
refused --out "$work/x" --people 0:3 --photos-list 1,2
refused --out "$work/x" --names ../up,b,c,d,e
refused --out "$work/x" --size 5
refused --out "$work/x" --photos -1
[ ! -e "$work/x" ] || fail "a refused command left something behind"
echo "facegen.sh: all photos are the same"
