#!/usr/bin/env bash
# The experiment of docs/experiment.md: norms x learning rates, then two more seeds at each norm's best rate, then longer
# runs, then tables and figures. Finished runs are skipped, so it can be stopped and started again.
#
#   scripts/experiment.sh faces
#   scripts/experiment.sh cifar10 FOLDER_OF_THE_BINARY_BATCHES
#
# STEPS (2000) and LONG (8000) are the lengths of the runs, RATES the learning rates to choose from; OUT (runs/experiment)
# is where they go, with the longer ones in OUT-long. RESULTS (OUT-results) gets every command, table and figure, and the
# loss of every image: what is to be published is committed from there. On a GPU:
#   STEPS=100000 LONG=500000 SETTINGS="--preset paper32" scripts/experiment.sh cifar10 FOLDER
# WNGAN names a program that is already built.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?faces or cifar10}
root=()
[[ $name == faces ]] || root=(--dataroot "${2:?the folder of the data set}")
steps=${STEPS:-2000} long=${LONG:-8000} out=${OUT:-runs/experiment}
results=${RESULTS:-$out-results}
settings=${SETTINGS:---preset tiny --nfeature 8 --test_interval 500 --running 100 --final 256 --final_steps 200 --vis_interval 1000}

[[ -n ${WNGAN:-} ]] || cargo build --release --bin wngan
export WNGAN=${WNGAN:-target/release/wngan}
mkdir -p "$results"
run() { # norms rates seeds steps folder
    # shellcheck disable=SC2206 # the settings are several words
    local words=(experiment $settings --norms "$1" --lrs "$2" --seeds "$3" --niter "$4" --save_path "$5" --dataset "$name")
    echo "wngan ${words[*]} ${root[*]:+--dataroot FOLDER}" >> "$results/commands.txt"
    "$WNGAN" "${words[@]}" "${root[@]}"
}
best_rate() { # of a norm by the best running test of seed 1: the final test has no part in the choice
    awk -F, -v set="$name" -v norm="$1" '$1 == set && $2 == norm && $4 == 1 && (best == "" || $7 < best) { best = $7; lr = $3 }
        END { print lr }' "$out/summary.csv"
}

for rate in ${RATES:-2e-4 1e-4 5e-5 2e-5}; do
    run none,batch,weight,spectral "$rate" 1 "$steps" "$out"
done
for norm in weight none batch spectral; do
    run "$norm" "$(best_rate "$norm")" 2,3 "$steps" "$out"
done
for norm in weight none batch spectral; do
    run "$norm" "$(best_rate "$norm")" 1 "$long" "$out-long"
done
scripts/experiment/figures.sh "$out" "$out-long" "$results"
