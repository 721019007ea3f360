#!/usr/bin/env bash
# Installs what building and running vktl needs: packages through apt, and a Vulkan driver.
#
#   tools/setup.sh [--test]
#
# --test adds what the tests need. When all is in place nothing is run. A GPU's own driver is used
# where there is one; otherwise a software driver, a recent one: Mesa older than 23 is joined by a
# newer one, unpacked under ${XDG_DATA_HOME:-~/.local/share}/vktl/drivers, which vktl alone sees.
# Likewise a shader compiler that does not know cooperative matrices is joined by a newer one.
set -euo pipefail

readonly LAVAPIPE_MIN_MAJOR=23
root=$(cd "$(dirname "$0")/.." && pwd)
readonly root
readonly DATA_DIR="${XDG_DATA_HOME:-$HOME/.local/share}/vktl"

BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libvulkan-dev libvulkan-volk-dev glslc
    spirv-tools libstb-dev libcjson-dev nettle-dev libhdf5-dev libcairo2-dev fonts-dejavu-core)
TEST_PACKAGES=(libcmocka-dev vulkan-validationlayers python3 python3-numpy python3-h5py python3-pil
    python3-protobuf python3-crc32c python3-scipy man-db groff zsh)

say() {
    printf 'setup: %s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0"
}

# --- other systems ----------------------------------------------------------------------------

has_header() {
    printf '#include <%s>\n' "$1" | cc -E -x c - >/dev/null 2>&1
}

# Prints, a word each, the tools and libraries that a build would miss.
missing_here() {
    local name
    for name in cc cmake ninja pkg-config glslc spirv-val; do
        command -v "$name" >/dev/null || printf '%s ' "$name"
    done
    for name in vulkan libcjson nettle hdf5 cairo; do
        pkg-config --exists "$name" 2>/dev/null || printf '%s ' "$name"
    done
    for name in volk.h stb/stb_image.h; do
        has_header "$name" || printf '%s ' "$name"
    done
    if [ "$with_tests" = yes ] && ! has_header cmocka.h; then
        printf 'cmocka.h '
    fi
}

# Where there is no apt: goes on if all is there, else names the packages.
other_system() {
    local missing
    case "$(uname -s)" in
    Linux) ;;
    *) die "vktl builds on Linux only; macOS and Windows are not supported yet" ;;
    esac
    missing=$(missing_here)
    [ -z "$missing" ] && return 0
    say "missing: $missing"
    cat >&2 <<'END'
This script installs through apt (Debian, Ubuntu). Elsewhere install these packages, or what your
release calls them, and run it again:
  Fedora    gcc cmake ninja-build pkgconf-pkg-config vulkan-headers vulkan-loader-devel
            vulkan-volk-devel glslc spirv-tools stb-devel cjson-devel nettle-devel hdf5-devel
            cairo-devel mesa-vulkan-drivers; for the tests libcmocka-devel
            vulkan-validation-layers
  Arch      gcc cmake ninja pkgconf vulkan-headers vulkan-icd-loader shaderc spirv-tools stb cjson
            nettle hdf5 cairo and your GPU's driver (vulkan-radeon, vulkan-intel, nvidia-utils) or
            vulkan-swrast; for the tests cmocka vulkan-validation-layers
  openSUSE  gcc cmake ninja pkgconf-pkg-config vulkan-devel shaderc spirv-tools stb-devel
            cJSON-devel libnettle-devel hdf5-devel cairo-devel and libvulkan_radeon,
            libvulkan_intel or libvulkan_lvp; for the tests libcmocka-devel vulkan-validationlayers
volk.h and volk.c are those of the Vulkan meta-loader (github.com/zeux/volk), not of VOLK, the
signal processing library.
END
    exit 1
}

# --- packages ---------------------------------------------------------------------------------

can_be_root() {
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Runs a command with its output in a file, which is shown only if the command fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" = 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

refreshed=no
refresh_lists() {
    [ "$refreshed" = yes ] && return 0
    can_be_root || return 1
    say "apt-get update"
    quietly as_root apt-get -q update || say "apt-get update failed; going on with the old lists"
    refreshed=yes
}

# Installs those of the packages named that are not there.
install_packages() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    can_be_root || die "this needs root, and there is no sudo; as root, run:" \
        "apt-get install --no-install-recommends ${missing[*]}"
    refresh_lists
    say "apt-get install ${missing[*]}"
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        install "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
}

# --- the Vulkan driver ------------------------------------------------------------------------

# True if an installed driver file's name matches the pattern ($1) and not the other ($2).
has_icd() {
    local file
    for file in /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json \
        /usr/local/share/vulkan/icd.d/*.json /usr/local/etc/vulkan/icd.d/*.json; do
        # shellcheck disable=SC2053 # patterns are meant
        [ -e "$file" ] && [[ ${file##*/} == $1 && ${file##*/} != $2 ]] && return 0
    done
    return 1
}

# Prints the maker of the first GPU: nvidia, mesa (a GPU that Mesa drives) or none. A virtual
# machine's display adapter also has a render node, so that one only counts from AMD or Intel, or
# on a board where it is no PCI device at all.
gpu_kind() {
    local node vendor
    if compgen -G '/dev/nvidia[0-9]*' >/dev/null; then
        echo nvidia
        return
    fi
    for node in /dev/dri/renderD*; do
        [ -e "$node" ] || continue
        vendor=$(cat "/sys/class/drm/${node##*/}/device/vendor" 2>/dev/null || echo board)
        case $vendor in
        0x1002 | 0x8086 | board)
            echo mesa
            return
            ;;
        esac
    done
    echo none
}

# Makes sure of a GPU's own driver; false if there is no GPU, or none that can be driven.
gpu_driver() {
    case $(gpu_kind) in
    nvidia)
        has_icd '*nvidia*' '' && return 0
        say "an NVIDIA GPU, but not its Vulkan driver: it comes with NVIDIA's own driver" \
            "(Debian: nvidia-vulkan-icd; Ubuntu: libnvidia-gl-*); taking the software driver"
        return 1
        ;;
    mesa)
        has_icd '*' '*lvp*' || install_packages mesa-vulkan-drivers
        return 0
        ;;
    esac
    return 1
}

mesa_major() {
    dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null | sed 's/^[0-9]*://; s/\..*//'
}

# apt-get that knows one source only, in a folder of its own: the system's lists stay as they are.
private_apt() {
    apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o APT::Sandbox::User=root "$@"
}

# Prints the mirror that apt is configured with; apt knows none before it has fetched its lists.
mirror_of() {
    # shellcheck disable=SC2016 # the names in the format are apt's
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' 'Created-By: Packages' |
        awk -v name="$1" '($2 == name || $3 == name) && !found++ { print $1 }'
}

# Writes the private source of one suite of Debian's, $1: bookworm-backports.
write_private_source() {
    local mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
    mirror=$(mirror_of "$codename")
    [ -n "$mirror" ] || { refresh_lists && mirror=$(mirror_of "$codename"); }
    [ -n "$mirror" ] || return 1
    [ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    printf 'deb %s%s %s main\n' "$signed" "$mirror" "$1" >"$work/sources.list"
}

# Downloads a package's .deb into $work.
download() {
    (cd "$work" && quietly "${2:-apt-get}" -q -o APT::Sandbox::User=root download "$1")
}

# Takes single files out of the one .deb in $work, into the folder $1.
take_from_deb() {
    local folder=$1 deb
    shift
    deb=$(find "$work" -maxdepth 1 -name '*.deb')
    dpkg --fsys-tarfile "$deb" | tar -x -C "$folder" --transform 's|.*/||' --wildcards "$@"
}

# Writes a driver file for the loader: $1 where, $2 the library.
write_icd() {
    printf '{\n    "file_format_version": "1.0.0",\n' >"$1"
    printf '    "ICD": { "library_path": "%s", "api_version": "1.3.0" }\n}\n' "$2" >>"$1"
}

# Puts Mesa from the distribution's backports into $1, beside the system's, which stays.
fetch_mesa() {
    local folder=$1 name
    write_private_source "$codename-backports" || return 1
    quietly private_apt update || return 1
    download mesa-vulkan-drivers private_apt || return 1
    mkdir "$work/mesa"
    take_from_deb "$work/mesa" '*/libvulkan_lvp.so' '*/libvulkan_radeon.so' \
        './usr/share/doc/mesa-vulkan-drivers/copyright' || return 1
    for name in lvp radeon; do
        if ldd "$work/mesa/libvulkan_$name.so" | grep -q 'not found'; then
            say "Mesa's libvulkan_$name.so does not fit this system's libraries"
            return 1
        fi
        write_icd "$work/mesa/${name}_icd.json" "$folder/libvulkan_$name.so"
    done
    mkdir -p "${folder%/*}"
    rm -rf "$folder"
    mv "$work/mesa" "$folder"
}

# Sets $codename: bookworm.
know_release() {
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
}

# Adds a newer Mesa where the system's is too old; without one, goes on with what there is.
newer_lavapipe() {
    local major folder="$DATA_DIR/drivers/mesa" icd="$DATA_DIR/drivers/icd.d/lvp_icd.json"
    major=$(mesa_major)
    [ "${major:-$LAVAPIPE_MIN_MAJOR}" -ge "$LAVAPIPE_MIN_MAJOR" ] && return 0
    [ -e "$icd" ] && [ -e "$folder/libvulkan_lvp.so" ] && return 0
    know_release
    if [ "$codename" = bookworm ]; then
        say "this system's Mesa $major is slow on the CPU; unpacking a newer one into $folder"
        work=$(mktemp -d)
        if fetch_mesa "$folder"; then
            mkdir -p "${icd%/*}"
            write_icd "$icd" "$folder/libvulkan_lvp.so"
        else
            say "could not get a newer Mesa; going on with the system's, up to twice as slow"
        fi
        rm -rf "$work"
    else
        say "this system's Mesa $major is slow on the CPU; $LAVAPIPE_MIN_MAJOR or newer is better"
    fi
}

# --- the shader compiler ------------------------------------------------------------------------

# True if the compiler $1 knows what cmake/matrices.comp is written in.
knows_matrices() {
    "$1" --target-env=vulkan1.2 -fshader-stage=compute -o /dev/null "$root/cmake/matrices.comp" \
        >/dev/null 2>&1
}

# Puts Debian 13's glslc and spirv-val into $1, with the libraries that they are linked to and
# scripts that run them on these alone.
fetch_glslc() {
    local folder=$1 new="$work/new" package program
    write_private_source trixie || return 1
    quietly private_apt update || return 1
    mkdir "$new"
    for package in glslc spirv-tools libshaderc1 libstdc++6 libgcc-s1 libc6; do
        rm -f "$work"/*.deb
        download "$package" private_apt || return 1
        # Not every package has all of these; whether all is there is tried below.
        take_from_deb "$new" '*/bin/glslc' '*/bin/spirv-val' '*/libshaderc.so.[0-9]' \
            '*/libstdc++.so.*[0-9]' '*/libgcc_s.so.1' '*/lib[cm].so.6' \
            '*/lib/*-linux-*/ld-linux*.so.*' \
            "./usr/share/doc/$package/copyright" 2>/dev/null || true
        [ ! -e "$new/copyright" ] || mv "$new/copyright" "$new/copyright.$package"
    done
    for program in glslc spirv-val; do
        mv "$new/$program" "$new/$program.program"
        cat >"$new/$program" <<END
#!/bin/sh
# Debian 13's $program on its own libraries; made by vktl's tools/setup.sh.
here=\$(dirname "\$(readlink -f "\$0")")
exec "\$here"/ld-linux*.so.* --library-path "\$here" "\$here/$program.program" "\$@"
END
        chmod +x "$new/$program"
    done
    knows_matrices "$new/glslc" && "$new/spirv-val" --version >/dev/null || return 1
    mkdir -p "${folder%/*}"
    rm -rf "$folder"
    mv "$new" "$folder"
}

# Adds a newer glslc, and the spirv-val that checks its work, where the system's is too old; without
# them, goes on with what there is.
newer_glslc() {
    local folder="$DATA_DIR/glslc"
    knows_matrices glslc && return 0
    [ -x "$folder/spirv-val" ] && knows_matrices "$folder/glslc" && return 0
    know_release
    if [ "$codename" = bookworm ]; then
        say "this system's glslc knows no cooperative matrices; unpacking a newer one into $folder"
        work=$(mktemp -d)
        fetch_glslc "$folder" ||
            say "could not get a newer glslc; going on without cooperative matrices"
        rm -rf "$work"
    else
        say "this system's glslc knows no cooperative matrices; --precision mixed will be left out"
    fi
}

# --- a second software driver, for tests ------------------------------------------------------

# SwiftShader comes inside Debian's browser package: the one library is kept, no browser installed.
fetch_swiftshader() {
    local folder=$1 new="$work/new"
    download chromium-common 2>/dev/null || { refresh_lists && download chromium-common; } ||
        return 1
    mkdir "$new"
    take_from_deb "$new" '*/libvk_swiftshader.so' './usr/share/doc/chromium-common/copyright' ||
        return 1
    write_icd "$new/icd.json" "$folder/libvk_swiftshader.so"
    mkdir -p "${folder%/*}"
    rm -rf "$folder"
    mv "$new" "$folder"
}

swiftshader() {
    local folder="$DATA_DIR/test-drivers/swiftshader"
    [ -e "$folder/icd.json" ] && [ -e "$folder/libvk_swiftshader.so" ] && return 0
    say "unpacking SwiftShader into $folder"
    work=$(mktemp -d)
    fetch_swiftshader "$folder" || say "could not get SwiftShader; its tests will be left out"
    rm -rf "$work"
}

# --- Node.js, for a test with another reader of Keras's format ---------------------------------

# From wherever it is; Debian's npm would not go with another's Node.js.
node_js() {
    command -v node >/dev/null && command -v npm >/dev/null && return 0
    install_packages nodejs npm
}

# ----------------------------------------------------------------------------------------------

with_tests=no
for argument in "$@"; do
    case $argument in
    --test) with_tests=yes ;;
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

if ! command -v apt-get >/dev/null; then
    other_system
    exit 0
fi
packages=("${BUILD_PACKAGES[@]}")
[ "$with_tests" = no ] || packages+=("${TEST_PACKAGES[@]}")
if gpu_driver && [ "$with_tests" = no ]; then
    install_packages "${packages[@]}"
else
    install_packages "${packages[@]}" libvulkan1 mesa-vulkan-drivers
    newer_lavapipe
fi
newer_glslc
if [ "$with_tests" = yes ]; then
    swiftshader
    node_js
fi
