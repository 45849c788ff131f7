#!/usr/bin/env bash
# What a page about an experiment shows, from its run folders: tables, the loss of every image, curves, sample grids.
# scripts/experiment.sh calls it; by hand:
#
#   scripts/experiment/figures.sh RUNS LONG_RUNS RESULTS
#
# RESULTS gets summary.csv, summary-long.csv, running.csv (every running test), final/ (the final test's loss of every
# image, one file per run), seeds-DATASET.svg and long-DATASET.svg, DATASET-NORM.png (samples of seed 1 at the norm's rate)
# and the same three times as large, and build.txt. Every drawing command is added to RESULTS/commands.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

runs=${1:?the folder of the experiment} long=${2:?the folder of its longer runs} results=${3:?where to}
wngan=${WNGAN:-target/release/wngan}
mkdir -p "$results/final"

noted() { # Runs a command and keeps it.
    echo "$(basename "$1") ${*:2}" >> "$results/commands.txt"
    "$@"
}
tables() { # folder length suffix
    [[ -d $1 ]] || return 0
    cp "$1/summary.csv" "$results/summary$3.csv"
    local run dataset norm lr seed
    for run in "$1"/*/*/lr*/seed*; do
        IFS=/ read -r dataset norm lr seed <<< "${run#"$1/"}"
        awk -v before="$2,$dataset,$norm,${lr#lr},${seed#seed}" 'NR > 1 { print before "," $0 }' "$run/log/running_test.csv"
        cp "$run"/final_test/*.csv "$results/final/$dataset-$norm-$lr-$seed$3.csv"
    done >> "$results/running.csv"
}
own_rate() { # The folder of a norm's own rate below the folder $1: the one that more than one seed was trained at.
    for rate in "$1"/lr*; do
        if [[ -d $rate/seed2 ]]; then echo "$rate"; fi
    done
}

echo "length,dataset,norm,lr,seed,step,loss" > "$results/running.csv"
tables "$runs" short ""
tables "$long" long -long
for dataset in "$runs"/*/; do
    dataset=$(basename "$dataset") seeds=() longer=()
    for norm in "$runs/$dataset"/*/; do
        norm=$(basename "$norm")
        rate=$(own_rate "$runs/$dataset/$norm")
        [[ -n $rate ]] || continue
        seeds+=("$rate")
        grid=$(find "$rate/seed1/samples" -name '*.png' | sort | tail -1)
        noted cp "$grid" "$results/$dataset-$norm.png"
        noted python3 scripts/experiment/png.py 3 "$results/$dataset-$norm.png" "$results/$dataset-$norm-x3.png"
        if [[ -d $long/$dataset/$norm ]]; then longer+=("$long/$dataset/$norm"); fi
    done
    (( ${#seeds[@]} == 0 )) || noted "$wngan" plot "${seeds[@]}" --output "$results/seeds-$dataset.svg"
    (( ${#longer[@]} == 0 )) || noted "$wngan" plot "${longer[@]}" --output "$results/long-$dataset.svg"
done
{
    echo "commit $(git rev-parse HEAD)$(git diff --quiet HEAD -- src shaders build build.rs Cargo.lock || echo ", with changes")"
    "$wngan" --version
    grep -rhoE '"adapter": ?"[^"]*"' --include=result.json "$runs" | sort | uniq -c
} > "$results/build.txt"
