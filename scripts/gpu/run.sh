#!/usr/bin/env bash
# Tests and measures on a GPU, from the pack alone; scripts/gpu.sh starts it, docs/gpu-check.md describes it.
#
# GPU_SECONDS (540)   after so many it ends, whatever is left
# GPU_PACK, GPU_STATE (gpu-pack, gpu-run)   the pack, and the results so far
# GPU_SOFTWARE=1      an adapter that imitates a GPU will do
# OUT                 where a copy of the results goes; by default nowhere
set -euo pipefail
shopt -s nullglob

budget=${GPU_SECONDS:-540}
pack=${GPU_PACK:-gpu-pack} state=${GPU_STATE:-gpu-run} out=${OUT:-}
# Not in the pack or the state, which travel.
scratch=$PWD/target/gpu
# Of a measurement, in seconds.
MEASURED=10

stop() { printf '%s\n' "$*" >&2; exit 1; }

# What must be so before anything is worth starting.
check_machine() {
    local needed here
    [ -e "$pack/about" ] || stop "There is no pack at $pack: make one with scripts/gpu.sh pack, and bring it here."
    needed=$(sed -n 's/^processor=//p' "$pack/about")
    here=$(uname -m)
    [ "$needed" = "$here" ] \
        || stop "The pack is for a processor of kind $needed, and this one is $here: make a pack on such a machine."
    needed=$(sed -n 's/^glibc=//p' "$pack/about")
    here=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2 || true)
    [ "$(printf '%s\n' "$needed" "${here:-0}" | sort -V | head -n 1)" = "$needed" ] \
        || stop "The pack needs glibc $needed or newer, and this system has ${here:-none}: make it on one as old."
    sha256sum --quiet -c "$pack/tree" || stop "The pack was made of another tree than this one: make it anew."
}

unpack() {
    mkdir -p "$state" "$scratch/cache" ${out:+"$out"}
    if ! cmp -s "$pack/about" "$scratch/about"; then
        (cd "$scratch" && rm -rf bin tests lib lent)
        tar -C "$scratch" -xzf "$pack/pack.tar.gz"
        cp "$pack/about" "$scratch/about"
    fi
}

# Results belong to one pack and one adapter; those of others are put aside.
open_state() {
    local check file
    check="{\"pack\":\"$(sed -n 's/^pack=//p' "$pack/about")\",\"adapter\":\"$adapter\"}"
    if [ -e "$state/results.jsonl" ] && [ "$(head -n 1 "$state/results.jsonl")" != "$check" ]; then
        echo "$state holds results of another pack or adapter: they are moved to $state/before"
        rm -rf "$state/before"
        mkdir "$state/before"
        mv "$state"/*.{jsonl,txt} "$state/before"
    fi
    [ -e "$state/results.jsonl" ] || echo "$check" >"$state/results.jsonl"
    read_results
    for file in measurements.jsonl tests.txt log.txt; do [ -e "$state/$file" ] || : >"$state/$file"; done
}

bench() { # workload order [more]
    measure "bench $*" 60 "${on_gpu[@]}" "$scratch/bin/wngan" bench --workload "$1" --order "$2" "${@:3}" \
        --seconds $MEASURED --json
}

# PyTorch's device here; empty where there is no python3 with PyTorch.
torch_device() {
    timeout 90 python3 -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")' 2>/dev/null || true
}

pytorch() { # workload order mode
    due "pytorch $*" || return 0
    torch=${torch-$(torch_device)}
    local why=""
    [ -n "$torch" ] || why="there is no python3 with PyTorch here"
    [ "$torch $3" != "cpu cudagraphs" ] || why="CUDA graphs need a CUDA device"
    if [ -n "$why" ]; then
        record "pytorch $*" "not run" 0 0 "$why"
    else
        measure "pytorch $*" 150 python3 benches/peers/pytorch/bench.py --workload "$1" --order "$2" --mode "$3" \
            --device "$torch" --seconds $MEASURED
    fi
}

# A cell of the experiment as scripts/experiment.sh runs it.
experiment() {
    rm -rf "$scratch/experiment"
    measure "experiment" 120 "${on_gpu[@]}" "$scratch/bin/wngan" experiment --preset tiny --nfeature 8 \
        --dataset faces --norms weight --lrs 1e-3 --seeds 1 --niter 2000 --test_interval 500 --running 100 --final 256 \
        --final_steps 200 --save_path "$scratch/experiment" --json
}

# Everything there is to do, most important first.
plan() {
    measure "adapter" 30 "${on_gpu[@]}" "$scratch/bin/wngan" adapter --json
    measure "machine" 30 scripts/gpu/machine.sh
    tests kernels 150
    tests harness 150
    tests device 60
    tests pytorch 150
    tests training 120
    tests variants 120
    measure "tuner" 60 "${on_gpu[@]}" "$scratch/bin/wngan" tune --json
    for workload in gan16 gan32 gan64 gan160; do
        bench $workload alternating
        bench $workload simultaneous
    done
    bench gan32 alternating --norm none
    measure "products" 90 "${on_gpu[@]}" "$scratch/bin/gemm" --json
    for workload in gan64 gan160; do
        measure "dispatches of $workload" 60 "${on_gpu[@]}" "$scratch/bin/step" $workload "$(chosen)" --json
    done
    for workload in gan16 gan32 gan64 gan160; do
        pytorch $workload alternating eager
        pytorch $workload alternating cudagraphs
    done
    experiment
    for workload in gan16 gan32 gan64 gan160; do
        pytorch $workload simultaneous eager
        pytorch $workload simultaneous cudagraphs
    done
    for batch in 64 128 256; do bench gan32 alternating --batch_size $batch; done
    for program in "$scratch"/tests/*; do tests "${program##*/}" 60; done # Those that are left.
}

# The variant that the tuner chose, if it did.
chosen() { sed -n 's/^{"task":"tuner",.*"chosen":"\([^"]*\)".*/\1/p' "$state/measurements.jsonl"; }

# shellcheck source=scripts/gpu/vulkan.sh
source scripts/gpu/vulkan.sh
# shellcheck source=scripts/gpu/tasks.sh
source scripts/gpu/tasks.sh
check_machine
unpack
# Caches of drivers and compilers, and the tuner's choice, stay here; a CPU does not take the GPU's place.
export LC_ALL=C XDG_CACHE_HOME="$scratch/cache" XDG_RUNTIME_DIR="$scratch" \
    TORCHINDUCTOR_CACHE_DIR="$scratch/cache/torch" WNGAN_DEVICE=gpu
unset WNGAN_NO_GPU
add_libraries
if ! find_driver; then
    describe_failure >"${out:-$state}/no-gpu.txt" 2>&1 || true
    stop "No Vulkan driver here leads to a GPU: ${out:-$state}/no-gpu.txt says what was tried." \
        "With GPU_SOFTWARE=1 one that imitates a GPU is taken."
fi
open_state
echo "$adapter, $budget s"
for again in 0 1; do plan; done
publish
printf '%s\t' "after $SECONDS s:" && cut -f1 "$state/summary.txt" | sed 1d | sort | uniq -c | tr -s ' \n' ' '
echo "(results: ${out:-$state})"
