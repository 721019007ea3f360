#!/bin/sh
# What `train --tensorboard` leaves, read by other software than ours, against history.csv.
#   tensorboard.sh VKTL SOURCE
# Needs a Vulkan device; the reader's status 77 (a package is missing) is passed on.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
reader=$2/tests/formats/tfevents_oracle.py

train() {
    "$vktl" train --model vgg-mini --head gap --train "$faces/train" --lr 0.1 --quiet "$@"
}

train --val "$faces/val" --run "$work/run" --epochs 3 --tensorboard "$work/board"
/usr/bin/python3 "$reader" history "$work/run" "$work/board"
# A second run into the same folders takes the first one's place, its third epoch too.
train --val "$faces/val" --run "$work/run" --epochs 2 --overwrite --tensorboard "$work/board"
/usr/bin/python3 "$reader" history "$work/run" "$work/board"
# Nothing to validate on: no folder for it.
train --run "$work/alone" --epochs 2 --tensorboard "$work/alone/board"
/usr/bin/python3 "$reader" history "$work/alone" "$work/alone/board"
# The comparison can fail.
if /usr/bin/python3 "$reader" history "$work/alone" "$work/board" 2>/dev/null; then
    echo "one run's figures pass for another's" >&2
    exit 1
fi
# A run goes on where its events are; where they are not, its word alone makes no folder.
train --run "$work/alone" --resume --epochs 3
/usr/bin/python3 "$reader" history "$work/alone" "$work/alone/board"
rm -r "$work/alone/board"
train --run "$work/alone" --resume --epochs 4 2>"$work/warning"
grep -q 'give --tensorboard again' "$work/warning"
test ! -e "$work/alone/board"
train --run "$work/alone" --resume --epochs 5 --tensorboard "$work/alone/board"
test -e "$work/alone/board/train"
