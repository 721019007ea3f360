#!/usr/bin/env bash
# The long forms of the portability gate, whose short forms are tests:
#
#   tools/gate.sh layers [--gpu-assisted] [REGEX]
#       Every test (or those whose name matches) under Vulkan's validation and synchronisation
#       layers, the command line's scripts included; any message fails. --gpu-assisted adds checks
#       of every access in the shaders, which take minutes to compile for products of matrices.
#   tools/gate.sh subgroups [ARGUMENT...]
#       The selftest (with these arguments) and a golden run on subgroups of 4, 8 and 16, with the
#       kernels of CPU drivers and with those of GPUs.
#
# Wants a build with tests in ./build, or in $BUILD.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}

usage() {
    sed -n '2,14s/^# \{0,1\}//p' "$0"
    exit 2
}

# --- layers -----------------------------------------------------------------------------------

# Layers write into one pipe, as each process would overwrite a file of the one before it.
layers_begin() {
    local enables=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
    [ "$1" = no ] || enables+=,VK_VALIDATION_FEATURE_ENABLE_GPU_ASSISTED_EXT
    rm -rf "$out"
    mkdir -p "$out"
    mkfifo "$out/pipe"
    cat >"$out/vk_layer_settings.txt" <<END
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn
khronos_validation.log_filename = $out/pipe
khronos_validation.enables = $enables
END
    exec 9<>"$out/pipe"
    cat <&9 >"$out/messages" &
    reader=$!
    trap 'kill $reader' EXIT
    export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
    export VK_LAYER_SETTINGS_PATH="$out/vk_layer_settings.txt"
}

# Runs one test and prints its name, seconds, messages and whether it passed.
layers_test() {
    local name=$1 before start status=passed found
    before=$(stat -c %s "$out/messages")
    start=$SECONDS
    (cd "$build" && ctest -R "^${name//./\\.}\$" --output-on-failure) >"$out/$name.txt" 2>&1 ||
        status=FAILED
    ! grep -q '\*\*\*Skipped' "$out/$name.txt" || status=skipped
    sleep 0.1 # for the pipe to be read
    tail -c "+$((before + 1))" "$out/messages" >"$out/$name.messages"
    found=$(grep -c MessageID "$out/$name.messages" || true)
    printf '%-40s %4d s %4d messages  %s\n' "$name" $((SECONDS - start)) "$found" "$status"
    [ "$found" = 0 ] && [ "$status" != FAILED ]
}

# Planted mistakes, and what runs no device.
layers_leave_out='^gpu\.validation|^layer\.|^tidy|^tools\.|^ops\.spirv_val|^cli\.completion'

layers() {
    local assisted=no regex=. name bad=0 count=0
    [ "${1:-}" != --gpu-assisted ] || { assisted=yes; shift; }
    regex=${1:-.}
    out=$build/layers
    layers_begin $assisted
    # Negative control: planted mistakes are heard of.
    ! layers_test gpu.validation.lavapipe >/dev/null || { echo "the layers are deaf"; return 1; }
    for name in $(cd "$build" && ctest -N -R "$regex" -E "$layers_leave_out" |
        sed -n 's/.*Test *#[0-9]*: //p'); do
        count=$((count + 1))
        layers_test "$name" || bad=$((bad + 1))
    done
    echo "$count tests under the layers, $bad with messages or failures; see $out"
    [ "$bad" = 0 ] && [ "$count" -gt 0 ]
}

# --- subgroups --------------------------------------------------------------------------------

subgroups() {
    local size kernels icd bad=0
    icd=$("$root/tools/drivers.sh" | sed -n 's/^lavapipe //p')
    export VK_ICD_FILENAMES="$icd" VK_DRIVER_FILES="$icd"
    for size in 4 8 16; do
        for kernels in "" --gpu-kernels; do
            [ "$size$kernels" != 16--gpu-kernels ] || continue # it takes them anyway
            echo "== subgroups of $size $kernels"
            "$root/tests/check/subgroup.sh" $size "$build/vktl" "$root" "$build/subgroup$size" \
                $kernels "$@" || bad=$((bad + 1))
        done
    done
    [ "$bad" = 0 ]
}

case ${1:-} in
layers | subgroups) "$@" ;;
*) usage ;;
esac
