#!/usr/bin/env bash
# The experiment of docs/experiment.md: norms x learning rates, then two more seeds at each norm's best rate, then longer
# runs. Finished runs are skipped, so it can be stopped and started again.
#
#   scripts/experiment.sh faces
#   scripts/experiment.sh cifar10 FOLDER_OF_THE_BINARY_BATCHES
#
# STEPS (2000) and LONG (8000) are the lengths of the runs; OUT (runs/experiment) is where they go. On a GPU:
#   STEPS=100000 LONG=500000 SETTINGS="--preset paper32" scripts/experiment.sh cifar10 FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?faces or cifar10}
data=(--dataset "$name")
[[ $name == faces ]] || data+=(--dataroot "${2:?the folder of the data set}")
steps=${STEPS:-2000} long=${LONG:-8000} out=${OUT:-runs/experiment}
settings=${SETTINGS:---preset tiny --nfeature 8 --test_interval 500 --running 100 --final 256 --final_steps 200 --vis_interval 1000}

cargo build --release --bin wngan
run() { # norms rates seeds steps folder
    # shellcheck disable=SC2086 # the settings are several words
    target/release/wngan experiment $settings --norms "$1" --lrs "$2" --seeds "$3" --niter "$4" --save_path "$5" "${data[@]}"
}
best_rate() { # of a norm by the final test of seed 1
    awk -F, -v set="$name" -v norm="$1" '$1 == set && $2 == norm && $4 == 1 && (best == "" || $9 < best) { best = $9; lr = $3 }
        END { print lr }' "$out/summary.csv"
}

for rate in 2e-4 1e-4 5e-5 2e-5; do
    run none,batch,weight,spectral "$rate" 1 "$steps" "$out"
done
for norm in weight none batch spectral; do
    run "$norm" "$(best_rate "$norm")" 2,3 "$steps" "$out"
done
for norm in weight none batch spectral; do
    run "$norm" "$(best_rate "$norm")" 1 "$long" "$out-long"
done
