#!/usr/bin/env bash
# Makes the folder that scripts/gpu.sh runs from: programs for this processor, and libraries that a bare Linux lacks.
# Needs Rust, and a Debian or Ubuntu for the libraries. Usage: scripts/gpu/pack.sh FOLDER
set -euo pipefail

folder=$1
# Pack and tracked files together, in KiB.
MAX_KIB=$((60 * 1024))
BENCHES=(gemm step)
# The Vulkan loader, and what NVIDIA's driver opens: X11's client libraries and the dispatch of libglvnd.
PACKAGES=(libvulkan1 libgcc-s1 libx11-6 libx11-xcb1 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0
    libglvnd0 libglx0 libegl1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/tests" "$work/lib" "$work/debs"

# Every test program but those that need the place where they were built: its sources, or the program itself.
tests=()
for file in tests/*.rs; do
    name=$(basename "$file" .rs)
    [[ $name == cli || $name == architecture ]] || tests+=("$name")
done

echo "building (a few minutes from nothing)"
targets=(--bin wngan)
for name in "${tests[@]}"; do targets+=(--test "$name"); done
for name in "${BENCHES[@]}"; do targets+=(--bench "$name"); done
env -u WNGAN_NO_GPU cargo build --release --locked "${targets[@]}" --message-format=json >"$work/built"

# built KIND NAME FOLDER: the stripped program of a target.
built() {
    local pattern="s/.*\"kind\":\[\"$1\"\].*\"name\":\"$2\".*\"executable\":\"\([^\"]*\)\".*/\1/p"
    strip -o "$work/$3/$2" "$(sed -n "$pattern" "$work/built")"
}
built bin wngan bin
for name in "${BENCHES[@]}"; do built bench "$name" bin; done
for name in "${tests[@]}"; do built test "$name" tests; done

echo "fetching libraries"
(cd "$work/debs" && apt-get -q -o APT::Sandbox::User=root download "${PACKAGES[@]}" >/dev/null)
for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/debs/unpacked"; done
find "$work/debs/unpacked" -path '*lib/*' -name '*.so.*' -type l | while read -r link; do
    cp -L "$link" "$work/lib/${link##*/}"
done
find "$work/debs/unpacked" -path '*lib/*' -name 'libgcc_s.so.1' -exec cp {} "$work/lib" \;

rm -rf "$folder"
mkdir -p "$folder"
tar -C "$work" -cf - bin tests lib | gzip -9 >"$folder/pack.tar.gz"
glibc=$(objdump -T "$work"/{bin,tests,lib}/* | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
printf '%s\n' "pack=$(git describe --always --dirty) of $(date -u +%Y-%m-%dT%H:%M:%SZ)" "processor=$(uname -m)" \
    "glibc=$glibc" >"$folder/about"
# What programs and benchmarks read of the tree.
git ls-files -z tests/golden shaders benches/peers/pytorch scripts/golden_networks.py | xargs -0 sha256sum \
    >"$folder/tree"

tracked=$(git ls-files -z | du -ck --files0-from=- | tail -n 1 | cut -f1)
size=$((tracked + $(du -sk "$folder" | cut -f1)))
cat "$folder/about"
echo "pack and tracked files: $size KiB of at most $MAX_KIB"
if [ "$size" -gt "$MAX_KIB" ]; then
    echo "That is too much: look for large files in the repository, or leave test programs out." >&2
    exit 1
fi
