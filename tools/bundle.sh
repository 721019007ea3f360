#!/usr/bin/env bash
# Makes dist/vktl-VERSION-linux-ARCH/ and a .tar.gz of it: vktl with the shared libraries it needs
# and their licences. It runs from any folder of any machine with a Vulkan driver and a C library
# at least as new as the one here. Run tools/setup.sh first.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
version=$(sed -n 's/^project(vktl VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name="vktl-$version-linux-$(uname -m)"
bundle="$root/dist/$name"
build="$root/build-bundle"

# These are the C library's, and come with every system. The C++ and compiler libraries are not
# bundled either: a driver newer than this bundle may need newer ones.
readonly SYSTEM_LIBRARIES='^(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc..))[.]so'

die() {
    echo "bundle: $*" >&2
    exit 1
}

# Prints "name path" of every shared library that a program loads, the system's own left out.
needed_libraries() {
    ldd "$1" | awk -v system_libraries="$SYSTEM_LIBRARIES" \
        '$1 !~ /^\// && $1 !~ system_libraries { print $1, $3 }'
}

# Copies the licence of an installed package into the bundle.
add_licence() {
    cp "/usr/share/doc/$1/copyright" "$bundle/licences/$1.txt"
}

# Copies a library, under the name that it is loaded by, and its licence.
add_library() {
    local file package
    file=$(realpath "$2")
    cp "$file" "$bundle/lib/$1"
    package=$(dpkg-query -S "*/${file##*/}" | sed -n '1s/:.*//p')
    [ -n "$package" ] || die "no package owns $file, so its licence is not known"
    add_licence "$package"
}

# The newest version of the C library that any file of the bundle asks for.
oldest_glibc() {
    objdump -T "$bundle"/bin/vktl "$bundle"/lib/*.so* 2>/dev/null |
        grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | cut -d_ -f2
}

write_readme() {
    cat >"$bundle/README" <<END
vktl $version: transfer learning on any Vulkan device.

  bin/vktl --help
  bin/vktl devices
  bin/vktl train --model vgg-mini --train faces/train --val faces/val --run runs/demo
  bin/vktl infer runs/demo faces/val

The folder may lie anywhere. It needs Linux ($(uname -m)), the GNU C library $glibc or newer (Debian
12 has 2.36, Ubuntu 24.04 2.39), and a Vulkan driver: NVIDIA's own, or Mesa's for AMD, Intel and
CPUs.
lib/ holds the other libraries, the Vulkan loader among them; licences/ says whose they are.
Charts draw text in a font of the system.
END
}

# Runs the bundle from another place, without the environment, and sees that nothing but the
# system's own libraries is taken from outside.
smoke_test() {
    local place outside
    place=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder's name is meant as it is now
    trap "rm -rf '$place'" EXIT
    tar -xzf "$bundle.tar.gz" -C "$place"
    outside=$(env -i ldd "$place/$name/bin/vktl" | awk -v place="$place" \
        -v system_libraries="$SYSTEM_LIBRARIES" \
        '$1 !~ /^\// && $1 !~ system_libraries && index($3, place) != 1 { print $1, $3, $4 }')
    [ -z "$outside" ] || die "libraries from outside the bundle: $outside"
    (cd / && env -i "$place/$name/bin/vktl" --version) || die "the bundled vktl does not start"
}

# RPATH, not the newer RUNPATH: it is followed for the libraries' own libraries too.
# shellcheck disable=SC2016 # $ORIGIN is for the program's loader
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DVKTL_TESTS=OFF \
    -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_RPATH='$ORIGIN/../lib' \
    -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags >/dev/null
cmake --build "$build"
rm -rf "$bundle" "$bundle.tar.gz" "$build/stage"
cmake --install "$build" --strip --prefix "$build/stage" >/dev/null

mkdir -p "$bundle/bin" "$bundle/lib" "$bundle/licences"
cp "$build/stage/bin/vktl" "$bundle/bin/"
needed_libraries "$build/vktl" >"$build/libraries.txt"
while read -r library path; do
    add_library "$library" "$path"
done <"$build/libraries.txt"
# The loader is opened at run time, so ldd does not name it; the others are compiled in.
loader=$(/sbin/ldconfig -p | awk '$1 == "libvulkan.so.1" && !found++ { print $NF }')
add_library libvulkan.so.1 "$loader"
add_licence libstb-dev
add_licence libvulkan-volk-dev
cp LICENSE "$bundle/licences/vktl.txt"
[ ! -d assets/faces ] || cp -r assets/faces "$bundle/"
glibc=$(oldest_glibc)
write_readme
tar -czf "$bundle.tar.gz" -C "$root/dist" --owner=0 --group=0 "$name"
smoke_test
echo "bundle: $bundle ($(du -sh "$bundle" | cut -f1), $(du -h "$bundle.tar.gz" | cut -f1) packed," \
    "GNU C library $glibc or newer)"
