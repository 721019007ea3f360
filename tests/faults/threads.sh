#!/bin/sh
# The loader's threads under the thread sanitizer, and a race that is planted among them, which must
# be reported: the sanitizer can see what it is asked about.
#   threads.sh SOURCE WORK
# Skipped where the compiler has no thread sanitizer. The `tsan` preset covers all the rest.
set -eu
source=$1
work=$2
cc=${CC:-cc}
mkdir -p "$work"
echo 'int main(void) { return 0; }' >"$work/empty.c"
"$cc" -fsanitize=thread "$work/empty.c" -o "$work/empty" 2>"$work/cc.err" &&
    "$work/empty" 2>>"$work/cc.err" || { echo 'no thread sanitizer: skipped'; exit 77; }

printf '#include "harness/harness.h"\nconst struct vktl_log harness_log;\n' >"$work/log.c"

# build PIPELINE PROGRAM: the loader's test, with that pipeline.c.
build() {
    # shellcheck disable=SC2046 # names of files without spaces
    "$cc" -std=c17 -D_XOPEN_SOURCE=700 '-DVKTL_VERSION="0"' -g -O1 -fsanitize=thread \
        -I"$source/include" -I"$source/src" -I"$source/shaders" -I"$source/tests" \
        -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free \
        $(find "$source/src/base" "$source/src/data" -name '*.c' ! -name embedded.c \
            ! -name digest.c ! -name pipeline.c) "$1" "$work/log.c" "$source/tests/data/loader.c" \
        "$source/tests/harness/failing_malloc.c" "$source/tests/harness/messages.c" \
        "$source/tests/harness/temporary.c" -lcmocka -lpthread -lm -o "$2"
}

build "$source/src/data/pipeline.c" "$work/loader"
"$work/loader" >"$work/out.txt" 2>"$work/err.txt" || {
    cat "$work/out.txt" "$work/err.txt"
    exit 1
}

sed '/params.produce(/,/slot->status/ s/^ *mutex_lock(.*/slot->is_ready = false;\n&/' \
    "$source/src/data/pipeline.c" >"$work/planted.c"
build "$work/planted.c" "$work/planted"
if "$work/planted" >"$work/out.txt" 2>"$work/err.txt"; then
    echo 'a planted race is not seen'
    exit 1
fi
grep -q 'data race .*planted.c.* in work' "$work/err.txt" || { cat "$work/err.txt"; exit 1; }
echo 'no race in the loader; a planted one is reported'
