#!/bin/sh
# Resuming is exact: a run that is killed at a random moment and resumed ends with the very bytes of
# the run that was left alone, in either phase; so does one that was stopped by Ctrl-C.
#   kill_resume.sh VKTL SOURCE [SEED [COUNT]]
# Needs a Vulkan device.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
seed=${3:-1}
count=${4:-10}

# Two phases, dropout, a changing learning rate, every kind of figure that a run carries along. In
# the background this is the program itself and no shell around it, and it listens to Ctrl-C.
start() {
    exec env --default-signal=INT "$vktl" train --model vgg-mini --train "$faces/train" \
        --val "$faces/val" --head gap,dropout:0.3 --epochs 6 --lr 0.02 --reduce-lr 1 \
        --lr-min-delta 0.05 --early-stop 5 --seed 11 --rotation-range 10 \
        --augment-variants 2 \
        --unfreeze-from block4_conv1 --fine-tune-epochs 4 --fine-tune-lr 0.005 "$@"
}

train() {
    (start "$@")
}

# kill_when CONDITION OPTIONS...: a run in $run, killed when the condition holds; false where it was
# done before.
kill_when() {
    condition=$1
    shift
    start --run "$run" --quiet "$@" &
    train=$!
    until $condition || ! kill -0 $train 2>"$work/alive.err"; do
        sleep 0.002
    done
    kill -KILL $train 2>"$work/kill.err" || true
    status=0
    wait $train 2>"$work/wait.err" || status=$?
    [ "$status" -eq 137 ]
}

time_is_up() {
    sleep "$moment"
}

# Whether the last checkpoint is of $step or later.
step_is_reached() {
    reached=$(place "$run" | sed -n 's/.* step=//p')
    [ "${reached:-0}" -ge "$step" ]
}

now() {
    date +%s.%N
}

bytes() {
    sha256sum <"$1/last.safetensors"
}

# What a run says of where it stands.
place() {
    [ -e "$1/config.json" ] || { echo 'no run yet'; return; }
    [ -e "$1/last.safetensors" ] || { echo 'nothing saved yet'; return; }
    head -c 20000 "$1/last.safetensors" | tr -c '[:print:]' '\n' |
        sed -n 's/.*"resume":"\(.*\) epochs_done=.*/\1/p'
}

# ---- The run that is left alone

start=$(now)
train --run "$work/whole" --checkpoint-seconds 0 --quiet --feature-store 0
seconds=$(echo "$start $(now)" | awk '{ print $2 - $1 }')
wanted=$(bytes "$work/whole")
[ "$(wc -l <"$work/whole/steps.csv")" -eq 61 ] || fail 'the whole run is not 60 steps'
echo "the whole run: $seconds s, $wanted"

# A run of other settings has other bytes: the comparison can fail.
train --run "$work/other" --checkpoint-seconds 0 --momentum 0.8 --quiet
[ "$(bytes "$work/other")" != "$wanted" ] || fail 'another momentum gives the same bytes'

# ---- Killed at random moments; every other one with files that are seldom written
#
# Most of a run's time goes into its starts, so every other one is killed at a random step instead.

moments=$(awk -v seed="$seed" -v count="$count" -v seconds="$seconds" 'BEGIN {
    srand(seed)
    for (i = 0; i < count; i++)
        printf "%.3f,%d\n", 0.02 + rand() * (seconds - 0.02), 1 + int(rand() * 59)
}')
number=0
for drawn in $moments; do
    number=$((number + 1))
    moment=${drawn%,*} step=${drawn#*,}
    run=$work/killed-$number
    if [ $((number % 2)) -eq 0 ]; then
        kill_when step_is_reached --checkpoint-seconds 0 || fail "the run ended before step $step"
        moment="step $step"
    else
        # A machine that is faster now may be done before: then half as long.
        until kill_when time_is_up --checkpoint-seconds $((number % 4 == 1)); do
            moment=$(echo "$moment" | awk '{ print $1 / 2 }')
            rm -r "$run"
        done
        moment="$moment s"
    fi
    where=$(place "$run")
    # The features of the base are found on disk, as the killed run left them, or not at all.
    [ $((number % 3)) -ne 0 ] || rm -r "$XDG_CACHE_HOME/vktl/features"
    train --run "$run" --resume --quiet
    [ "$(bytes "$run")" = "$wanted" ] || fail "killed after $moment ($where): other bytes"
    cmp -s "$run/steps.csv" "$work/whole/steps.csv" ||
        fail "killed after $moment: another steps.csv"
    cmp -s "$run/best.safetensors" "$work/whole/best.safetensors" ||
        fail "killed after $moment: another best.safetensors"
    [ "$(wc -l <"$run/history.csv")" -eq "$(wc -l <"$work/whole/history.csv")" ] ||
        fail "killed after $moment: another number of epochs"
    echo "$number: killed after $moment ($where), resumed: same bytes"
done

# ---- Killed again and again

run=$work/again
for moment in $(echo "$moments" | head -n 4 | cut -d, -f1); do
    kill_when time_is_up --checkpoint-seconds 0 --resume || true
done
train --run "$run" --resume --quiet
[ "$(bytes "$run")" = "$wanted" ] || fail 'killed again and again: other bytes'
echo 'killed four times in a row, resumed: same bytes'

# ---- Ctrl-C

run=$work/stopped
start --run "$run" 2>"$work/stopped.err" &
train=$!
until grep -q '^Epoch 7/' "$work/stopped.err"; do
    kill -0 $train || fail "training ended: $(cat "$work/stopped.err")"
    sleep 0.02
done
kill -INT $train
status=0
wait $train || status=$?
[ "$status" -eq 130 ] || fail "status $status after Ctrl-C"
grep -q "vktl train --resume --run $run" "$work/stopped.err" || fail 'how to go on is not said'
where=$(place "$run")
"$vktl" train --resume --run "$run" --quiet # with nothing but the folder
[ "$(bytes "$run")" = "$wanted" ] || fail "Ctrl-C ($where): other bytes"
echo "stopped by Ctrl-C ($where), resumed: same bytes"

# ---- What is refused, and what is not

refused() {
    expected=$1
    shift
    status=0
    "$vktl" train --resume --run "$run" "$@" >"$work/out.txt" 2>"$work/err.txt" || status=$?
    [ "$status" -eq "$expected" ] || fail "resume $*: status $status, $(cat "$work/err.txt")"
}
refused 2 --lr 0.5
grep -q "'lr' is 0.5 here, but the run was started with 0.02" "$work/err.txt" || fail 'lr'
refused 2 --seed 0
refused 2 --no-shuffle
refused 2 --epochs 2
refused 2 --epochs 9
grep -q 'raise --fine-tune-epochs' "$work/err.txt" || fail '--epochs in the second phase'
refused 2 --overwrite
refused 0 --lr 0.02 --momentum 0.9
grep -q 'is complete: 10 epochs, 60 steps' "$work/err.txt" || fail 'a complete run does not say so'
refused 0 --fine-tune-epochs 5
[ "$(wc -l <"$run/history.csv")" -eq 12 ] || fail 'the second phase did not grow'
run=$work/none
refused 4
grep -q 'holds no run to resume' "$work/err.txt" || fail 'no run'

# Images that changed: the run names one.
cp -r "$faces" "$work/faces"
run=$work/moved
"$vktl" train --model vgg-mini --train "$work/faces/train" --head gap --epochs 1 --run "$run" \
    --quiet
gone=$(find "$work/faces/train" -name '*.png' | sort | sed -n 5p)
rm "$gone"
refused 4 --epochs 2
grep -q "$(basename "$gone")" "$work/err.txt" ||
    fail "what changed is not named: $(cat "$work/err.txt")"
echo 'kill_resume.sh: all as expected'
