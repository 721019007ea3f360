#!/bin/sh
# What vktl writes, in the hands of TensorFlow.js: run.sh VKTL SOURCE WORK
#
# Installs @tensorflow/tfjs into WORK once. Skipped (77) without node, npm and what it installs
# from, or Python's NumPy and Pillow.
set -eu
vktl=$1
source=$2
work=$3
here=$source/tests/cli/tfjs
python=/usr/bin/python3
unset VKTL_DEVICE

skip() {
    echo "skipped: $*"
    exit 77
}

{ command -v node && command -v npm; } >/dev/null || skip "needs node and npm"
"$python" -c 'import numpy, PIL' 2>/dev/null || skip "needs python3-numpy and python3-pil"
mkdir -p "$work"
if ! cmp -s "$here/package.json" "$work/package.json"; then
    rm -rf "$work/new" "$work/node_modules"
    mkdir "$work/new"
    cp "$here/package.json" "$work/new"
    (cd "$work/new" &&
        npm install --ignore-scripts --no-package-lock --no-audit --no-fund --silent) ||
        skip "npm could not install @tensorflow/tfjs"
    mv "$work/new/node_modules" "$work/new/package.json" "$work"
fi
cp "$here/predict.cjs" "$work"

# model NAME PREPROCESS IMAGES MODEL [OPTION...]: all that predict.cjs wants of one.
model() {
    folder=$work/$1 preprocess=$2 images=$3
    shift 3
    rm -rf "$folder"
    mkdir "$folder"
    "$vktl" convert "$@" "$folder/model.json" --preprocess "$preprocess" --quiet
    "$vktl" convert "$@" "$folder/model.safetensors" --preprocess "$preprocess" --quiet
    # shellcheck disable=SC2046 # the names have no blanks
    set -- $(find "$images" -name '*.png' | sort)
    "$python" "$here/pixels.py" "$preprocess" "$folder/pixels.npy" "$@"
    "$vktl" infer "$folder/model.safetensors" "$@" --npy "$folder/expected.npy" --quiet >/dev/null
}

golden=$source/tests/golden
# Zero padding, depthwise convolution, normalisation, ReLU6, average pools; one way and the other.
model tiny tf "$golden/tiny/images" "$golden/tiny/model.json" --weights "$golden/tiny/final.h5"
model frozen torch "$golden/frozen/images" "$golden/frozen/model.json" \
    --weights "$golden/frozen/final.h5"
# A base with a new head, as users make them.
rm -rf "$work/run"
"$vktl" train --model vgg-mini --head flatten,dense:16:relu,dropout:0.5 --train \
    "$source/assets/faces/train" --max-steps 4 --run "$work/run" --quiet
model faces tf "$source/assets/faces/val" "$work/run"
cmp "$work/run/model.json" "$work/faces/model.json"
(cd "$work" && node predict.cjs "$work/tiny" "$work/frozen" "$work/faces")
