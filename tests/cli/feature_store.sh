#!/bin/sh
# The frozen base's output on disk, as users meet it: two runs at once share it and do each other no
# harm, a later one finds all of it and says so, and it can be turned off.
#   feature_store.sh VKTL SOURCE
# Needs a Vulkan device.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
store=$XDG_CACHE_HOME/vktl/features

# train NAME OPTIONS...: into $work/NAME, what it tells into NAME.json and NAME.err.
train() {
    name=$1
    shift
    "$vktl" train --model vgg-mini --train "$faces/train" --val "$faces/val" --head gap \
        --epochs 2 --lr 0.02 --seed 3 --no-report --run "$work/$name" --json "$@" \
        >"$work/$name.json" 2>"$work/$name.err"
}

same_bytes() {
    cmp -s "$work/$1/last.safetensors" "$work/$2/last.safetensors" || fail "$1 and $2 differ"
}

train off --feature-store 0
train none --no-cache
[ ! -e "$store" ] || fail 'a store was made, though there was to be none'

train left &
left=$!
train right &
right=$!
wait $left || fail "left: $(cat "$work/left.err")"
wait $right || fail "right: $(cat "$work/right.err")"
same_bytes off left
same_bytes off right

train later
same_bytes off later
check_json "$work/later.json" "d['features_found'] == 91 + 25"
check_json "$work/off.json" "d['features_found'] == 0 and d['busy_seconds'] > 0"
grep -q '91 images, 25 images for validation, 116 of them kept from earlier runs' \
    "$work/later.err" || fail "what was found is not said: $(cat "$work/later.err")"

# Another head, rate and seed find the same features; another image size does not.
train head --head gmp,dropout:0.1 --lr 0.01 --seed 4 || fail "head: $(cat "$work/head.err")"
train size --image-size 48
check_json "$work/size.json" "d['features_found'] == 0"

# The end of every file is gone: what is left is used, the rest made again.
for file in "$store"/*.bin; do
    truncate -s -1000 "$file"
done
train cut
same_bytes off cut
check_json "$work/cut.json" "0 < d['features_found'] < 116"
echo 'feature_store.sh: all as expected'
