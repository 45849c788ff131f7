#!/usr/bin/env bash
# shellcheck disable=SC2034,SC2154 # what scripts/gpu/run.sh reads and sets
# Finds a Vulkan driver on a machine that may lack the loader, libraries that the driver opens, and the file that names
# the driver. Sourced by scripts/gpu/run.sh, which sets `scratch`, the folder of the unpacked pack.

# Files that name a driver, also where the loader does not look.
DRIVER_FILES=({/usr/local/nvidia,/usr,/usr/local,/opt/*}/share/vulkan/icd.d/*.json
    {/usr/local,}/etc/vulkan/icd.d/*.json)
# Drivers themselves, for machines without such a file, and where they lie if not where the system's linker looks.
DRIVERS=(libGLX_nvidia.so.0 libEGL_nvidia.so.0 libvulkan_radeon.so libvulkan_intel.so libvulkan_intel_hasvk.so
    libvulkan_lvp.so)
FOLDERS=(/usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib/wsl/lib /usr/lib)

# The linker's list of libraries, `NAME (ABI) => FILE` to a line.
known_libraries() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true; }

# Sets `library_path`: the libraries of the pack that this system lacks, and NVIDIA's own folders.
add_libraries() {
    local library known folder
    known=$(known_libraries)
    mkdir -p "$scratch/lent"
    for library in "$scratch"/lib/*; do
        grep -q "^[[:space:]]*${library##*/} " <<<"$known" || ln -sf "../lib/${library##*/}" "$scratch/lent"
    done
    library_path=$scratch/lent
    for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib "${LD_LIBRARY_PATH:-}"; do
        [ ! -d "${folder%%:*}" ] || library_path+=":$folder"
    done
}

# use_driver [FILE]: sets `on_gpu`, what stands before a command that computes on the GPU: with the driver that the file
# names, or else the loader's choice.
use_driver() {
    on_gpu=(env "LD_LIBRARY_PATH=$library_path")
    [ -z "${1:-}" ] || on_gpu+=("VK_DRIVER_FILES=$1" "VK_ICD_FILENAMES=$1")
}

# Prints a file that names the driver in library NAME, if there is one.
written_driver_file() {
    local name=$1 library
    library=$(known_libraries | sed -n "s|^[[:space:]]*$name .*=> ||p" | head -n 1)
    [ -n "$library" ] || library=$(find "${FOLDERS[@]}" -maxdepth 1 -name "$name" 2>/dev/null | head -n 1)
    [ -n "$library" ] || return 0
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.3.0"}}\n' "$library" \
        >"$scratch/$name.json"
    echo "$scratch/$name.json"
}

# has_gpu [FILE]: whether that driver leads to a GPU; sets `adapter` to its name. With GPU_SOFTWARE=1 an imitation will
# do.
has_gpu() {
    local said
    use_driver "${1:-}"
    said=$("${on_gpu[@]}" timeout 30 "$scratch/bin/wngan" adapter --json 2>>"$scratch/adapters.txt") || return 1
    adapter=$(sed -n 's/.*"adapter":"\([^"]*\)".*/\1/p' <<<"$said")
    echo "${1:-what the loader finds}: $adapter" >>"$scratch/adapters.txt"
    [[ $said == *'"software":false'* || ${GPU_SOFTWARE:-} == 1 ]]
}

# Settles on the first driver that leads to a GPU: the loader's choice, one of the system's files, one of ours.
find_driver() {
    local file name
    : >"$scratch/adapters.txt"
    ! has_gpu || return 0
    for file in "${DRIVER_FILES[@]}"; do
        [ ! -e "$file" ] || ! has_gpu "$file" || return 0
    done
    for name in "${DRIVERS[@]}"; do
        file=$(written_driver_file "$name")
        [ -z "$file" ] || ! has_gpu "$file" || return 0
    done
    use_driver
    return 1
}

# Everything that may tell why there is none.
describe_failure() {
    echo "--- wngan"
    cat "$scratch/adapters.txt"
    echo "--- nvidia-smi"
    nvidia-smi 2>&1 | head -n 20
    echo "--- device files"
    ls -l /dev/nvidia* /dev/dri 2>&1
    echo "--- drivers"
    known_libraries | grep -iE 'vulkan|nvidia|libX11|libxcb|GLdispatch'
    ls -d "${FOLDERS[@]/%//*nvidia*}" 2>/dev/null
    tail -n +1 "${DRIVER_FILES[@]}" 2>/dev/null
    echo "--- loader"
    "${on_gpu[@]}" env VK_LOADER_DEBUG=error,warn,driver timeout 30 "$scratch/bin/wngan" adapter 2>&1 | tail -n 60
}
