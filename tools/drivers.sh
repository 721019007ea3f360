#!/usr/bin/env bash
# Prints the Vulkan drivers to test with, a line each: its name and its file for VK_DRIVER_FILES.
#
#   lavapipe         Mesa's CPU driver, the newest one here
#   lavapipe-system  the system's, where an older Mesa than that
#   swiftshader      the other CPU driver
#   radv             AMD's; with RADV_FORCE_FAMILY=navi21 or the like it compiles without a GPU
#
# What tools/setup.sh --test has installed; nothing is said of what is missing.
set -euo pipefail

readonly DATA_DIR="${XDG_DATA_HOME:-$HOME/.local/share}/vktl"

# Prints the first of the files that is there; nothing if none is.
first_file() {
    local file
    for file in "$@"; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
}

# The system's driver file of a name; Debian 12 names it after the architecture.
system_icd() {
    local folder files=()
    for folder in /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /etc/vulkan/icd.d; do
        files+=("$folder/$1_icd.$(uname -m).json" "$folder/$1_icd.json")
    done
    first_file "${files[@]}"
}

print_driver() {
    [ -z "$2" ] || printf '%s %s\n' "$1" "$2"
}

unpacked=$(first_file "$DATA_DIR/drivers/icd.d/lvp_icd.json")
system=$(system_icd lvp)
print_driver lavapipe "${unpacked:-$system}"
[ -z "$unpacked" ] || print_driver lavapipe-system "$system"
print_driver swiftshader "$(first_file "$DATA_DIR/test-drivers/swiftshader/icd.json")"
print_driver radv "$(first_file "$DATA_DIR/drivers/mesa/radeon_icd.json" "$(system_icd radeon)")"
