#!/bin/sh
# What users do wrong, and what breaks under them: every case with its exit status and message.
#   bad_input.sh VKTL SOURCE
# Needs a Vulkan device. Prints a line a case; ends with status 1 if any was not as expected.
set -u
vktl=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
unset VKTL_DEVICE

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# check NAME STATUS MESSAGE COMMAND...: the command must end with that status, say that message on
# stderr, say it in at most two lines as an error, and leave no temporary file behind.
check() {
    name=$1 expected=$2 message=$3
    shift 3
    status=0
    "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    if [ "$status" -ne "$expected" ]; then
        fail "$name: status $status instead of $expected"
        cat "$work/stderr"
    elif ! grep -qF -e "$message" "$work/stderr"; then
        fail "$name: no '$message' in:"
        cat "$work/stderr"
    fi
    if [ "$expected" -ne 0 ] && [ "$(grep -c '^vktl: error: ' "$work/stderr")" -ne 1 ]; then
        fail "$name: not exactly one error message"
        cat "$work/stderr"
    fi
    printf '%-42s %3d  %s\n' "$name" "$status" \
        "$(grep -e '^vktl: ' "$work/stderr" | tail -n 1 | sed "s|$work/||g" | cut -c 1-160)"
}

# A truncated JPEG: the first 700 bytes of a whole one.
write_jpeg() {
    base64 -d >"$1" <<'END'
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdB
RkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P
T09PT09PT09PT09PT0//wAARCAAgACADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAA
AgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6
Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG
x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREA
AgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5
OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPE
xcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwBLzdDaSyJjeF+XPrWZYXssZYXhZkOMMBki
uptbO0vpSLo/JEN5GcD8alvtN0cWm+AEsThVjc7ifpyf0rlk+V8rQUKMZ07vqZKKsiB0IQ==
END
}

# A PNG whose header says 30000 x 30000, RGB, 8 bits.
write_huge_png() {
    printf '\211PNG\r\n\032\n\000\000\000\rIHDR\000\000\165\060\000\000\165\060' >"$1"
    printf '\010\002\000\000\000\000\000\000\000\000\000\000\000IDAT\000\000\000\000' >>"$1"
}

# ---- A small good set, and sets with one thing wrong

faces=$source/assets/faces/train
make_set() {
    mkdir -p "$work/$1/ilva" "$work/$1/joren"
    cp "$faces"/ilva/00.png "$faces"/ilva/01.png "$faces"/ilva/02.png "$work/$1/ilva/"
    cp "$faces"/joren/00.png "$faces"/joren/01.png "$faces"/joren/02.png "$work/$1/joren/"
}
make_set good
mkdir -p "$work/one/ilva" "$work/empty"
cp "$faces"/ilva/00.png "$work/one/ilva/"
write_jpeg "$work/cut.jpg"
echo 'This is no picture.' >"$work/text.png"
write_huge_png "$work/huge.png"
for bad in cut.jpg text.png huge.png; do
    make_set "with-$bad"
    cp "$work/$bad" "$work/with-$bad/joren/"
done
make_set broken-class
rm "$work"/broken-class/joren/*
cp "$work/text.png" "$work/broken-class/joren/"

train() {
    folder=$1
    shift
    "$vktl" train --train "$folder" --model vgg-mini --weights none --freeze none --head gap \
        --epochs 1 --run "$work/run" --overwrite "$@"
}

# ---- Devices

no_driver() {
    env VK_ICD_FILENAMES=/nonexistent VK_DRIVER_FILES=/nonexistent XDG_DATA_HOME="$work/none" "$@"
}
check 'no Vulkan driver: devices' 3 'no Vulkan driver' no_driver "$vktl" devices
check 'no Vulkan driver: train' 3 'no Vulkan driver' no_driver "$vktl" train \
    --train "$work/good" --model vgg-mini --run "$work/run"
check 'no such device' 3 'no-such-device' train "$work/good" --device no-such-device

# ---- Folders and images

check 'missing folder' 4 "$work/missing" train "$work/missing"
check 'empty folder' 4 "$work/empty" train "$work/empty"
check 'one class only' 4 "$work/one" train "$work/one"
check 'missing validation folder' 4 "$work/missing" train "$work/good" --val "$work/missing"
check 'truncated JPEG among the images' 0 "$work/with-cut.jpg/joren/cut.jpg" \
    train "$work/with-cut.jpg"
check 'text file named .png among the images' 0 "$work/with-text.png/joren/text.png" \
    train "$work/with-text.png"
check '30000x30000 PNG among the images' 0 "$work/with-huge.png/joren/huge.png" \
    train "$work/with-huge.png"
check 'class without a readable image' 4 'joren' train "$work/broken-class"

train "$work/good" --quiet || fail 'training on a good set'
for bad in cut.jpg text.png huge.png missing.png; do
    check "infer $bad" 4 'could not be read' "$vktl" infer "$work/run" "$work/$bad" \
        "$work/good/ilva/00.png" --top 1
    grep -qF "$work/$bad" "$work/stderr" || fail "infer $bad: the image is not named"
    [ "$(grep -c '00.png: ' "$work/stdout")" -eq 1 ] ||
        fail "infer $bad: the other is not predicted"
    check "infer --json $bad" 4 'could not be read' "$vktl" infer "$work/run" "$work/$bad" --json
    grep -q '"path"' "$work/stdout" || fail "infer --json $bad: no document"
    check "features $bad" 4 "$work/$bad" "$vktl" features "$work/run" "$work/$bad"
done
check 'infer of an empty folder' 4 "$work/empty" "$vktl" infer "$work/run" "$work/empty"

# ---- Models and weights

golden=$source/tests/golden/tiny
sed 's/"filters": 5/"filters": 6/' "$golden/model.json" >"$work/wider.json"
cmp -s "$golden/model.json" "$work/wider.json" && fail 'the golden model has other filters'
sed 's/"class_name": "Conv2D"/"class_name": "Conv9D"/' "$golden/model.json" >"$work/unknown.json"
echo '{"class_name": "Sequential", "config": ' >"$work/cut.json"
head -c 3000 "$golden/init.h5" >"$work/cut.h5"
head -c 1000 "$work/run/best.safetensors" >"$work/cut.safetensors"
if "$vktl" summary "$golden/model.json" --weights "$golden/init.h5" >"$work/stdout" \
    2>"$work/stderr"; then
    check 'truncated .h5' 4 "$work/cut.h5" \
        "$vktl" summary "$golden/model.json" --weights "$work/cut.h5"
    check '.h5 with one wrong shape' 4 'conv' \
        "$vktl" summary "$work/wider.json" --weights "$golden/init.h5"
elif grep -q 'without HDF5' "$work/stderr"; then
    echo 'built without HDF5: cases of .h5 skipped'
else
    fail 'a good .h5'
    cat "$work/stderr"
fi
check 'model JSON with an unknown layer' 4 'Conv9D' "$vktl" summary "$work/unknown.json"
check 'truncated model JSON' 4 "$work/cut.json" "$vktl" summary "$work/cut.json"
check 'truncated .safetensors' 4 "$work/cut.safetensors" "$vktl" summary "$work/cut.safetensors"
check 'no such built-in model' 2 'mobilenet' "$vktl" summary no-such-model
check 'missing weights' 4 "$work/missing.h5" \
    "$vktl" summary vgg-mini --weights "$work/missing.h5"
check 'frozen base without weights' 2 '--freeze none' train "$work/good" --freeze base
check 'eval without weights' 2 '--weights' "$vktl" eval vgg16 "$work/good"

# ---- Wrong usage

check 'unknown option' 2 'did you mean --momentum?' train "$work/good" --momentun 0.5
check 'unknown command' 2 'did you mean train?' "$vktl" trian
check 'value out of range' 2 "--batch: '0'" train "$work/good" --batch 0
check 'unknown optimizer' 2 'rmsprop' train "$work/good" --optimizer rmsprop
check 'option of another optimizer' 2 'for --optimizer sgd' \
    train "$work/good" --optimizer adam --nesterov
check 'smoothing of everything' 2 '--label-smoothing' train "$work/good" --label-smoothing 1
check 'too many class weights' 2 '9 weights for' \
    train "$work/good" --class-weights 1,1,1,1,1,1,1,1,1
check 'class weights in words' 2 "'evenly'" train "$work/good" --class-weights evenly
check 'run that exists' 2 '--overwrite' "$vktl" train --train "$work/good" --model vgg-mini \
    --weights none --freeze none --run "$work/run"
check 'unknown layer' 2 'nowhere' "$vktl" features "$work/run" "$work/good/ilva/00.png" \
    --layer nowhere
check 'unknown operator' 2 'nowhere' "$vktl" selftest --op nowhere

# ---- Full disks

if [ -w /dev/full ]; then
    full_stdout() {
        "$@" >/dev/full
    }
    check 'stdout on a full disk' 1 'standard output' full_stdout "$vktl" summary --list
fi

# Trains on a small file system of its own that fills up meanwhile; the older checkpoint must stay
# whole, and no temporary file may remain.
full_disk() {
    mkdir "$work/disk"
    # Inside a namespace the mount is gone with the last process.
    # shellcheck disable=SC2016 # the variables are the inner shell's
    unshare -rm sh -c '
        vktl=$1 work=$2
        mount -t tmpfs -o size=8m none "$work/disk" || exit 77
        "$vktl" train --train "$work/good" --model vgg-mini --weights none --freeze none \
            --head gap --epochs 1000000 --lr 0.0001 --run "$work/disk/run" 2>"$work/disk.err" &
        train=$!
        until [ -s "$work/disk/run/best.safetensors" ] && [ -s "$work/disk/run/last.safetensors" ]
        do
            kill -0 "$train" || break
            sleep 0.1
        done
        # Room is left for the lines of the history, but not for a checkpoint.
        while kill -0 "$train" 2>/dev/null; do
            free=$(df --output=avail -k "$work/disk" | tail -n 1)
            [ "$free" -le 200 ] || head -c "$((free - 100))K" /dev/zero >>"$work/disk/filler"
            sleep 0.05
        done
        status=0
        wait "$train" || status=$?
        [ "$status" -eq 1 ] || { echo "status $status instead of 1"; exit 1; }
        find "$work/disk/run" | sort >"$work/disk.files"
        for file in best last; do
            "$vktl" infer "$work/disk/run/$file.safetensors" "$work/good/ilva/00.png" --quiet ||
                exit 1
        done' sh "$vktl" "$work" >"$work/disk.out" 2>&1
    status=$?
    if [ "$status" -eq 77 ] || ! [ -e "$work/disk.files" ]; then
        if unshare -rm true 2>/dev/null && [ "$status" -ne 77 ]; then
            fail 'full disk while a checkpoint is written'
            cat "$work/disk.out" "$work/disk.err"
        else
            echo 'full disk while a checkpoint is written: skipped, no file system can be mounted'
        fi
        return
    fi
    [ "$status" -eq 0 ] || { fail 'full disk: a checkpoint is damaged'; cat "$work/disk.out"; }
    # The history is smaller than a checkpoint, but what fills the disk may leave room for neither.
    grep -q -e 'safetensors: .*No space left' -e 'csv: .*No space left' "$work/disk.err" || {
        fail 'full disk: no message'
        cat "$work/disk.err"
    }
    grep -qv -e '/run$' -e 'json$' -e 'csv$' -e '/curves.[ps][nv]g$' \
        -e '/best.safetensors$' -e '/last.safetensors$' "$work/disk.files" &&
        fail "full disk: left behind: $(cat "$work/disk.files")"
    printf '%-42s %3d  %s\n' 'full disk while a checkpoint is written' 1 \
        "$(grep -m 1 '^vktl: error: ' "$work/disk.err" | sed "s|$work/||g" | cut -c 1-160)"
}
full_disk

echo "$failures failed"
[ "$failures" -eq 0 ]
