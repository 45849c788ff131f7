#!/usr/bin/env bash
# Builds the same training in burn, then measures burn and wngan in turn on one adapter and prints how they compare.
#
#   benches/peers/burn/run.sh                      gan16 and gan32
#   WORKLOADS=gan16 SECONDS_EACH=2 ROUNDS=1 benches/peers/burn/run.sh
#
# WNGAN is the program to compare with (target/release/wngan). CARGO_TARGET_DIR moves what is built; CARGO_FLAGS are
# added to cargo build: "--features vulkan" on a GPU.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wngan=${WNGAN:-$here/../../../target/release/wngan}
target=${CARGO_TARGET_DIR:-$here/target}
seconds=${SECONDS_EACH:-10}

if [ ! -x "$wngan" ]; then
    echo "There is no program at $wngan: build it (cargo build --release --bin wngan) or set WNGAN." >&2
    exit 1
fi
# shellcheck disable=SC2086 # the flags are several words
CARGO_TARGET_DIR=$target cargo build --release --locked --manifest-path "$here/Cargo.toml" ${CARGO_FLAGS:-}

number() { # NAME, of a JSON object
    sed -n "s/.*\"$1\":\([-+.eE0-9]*\).*/\1/p"
}
middle() { # of numbers, one a line
    sort -g | awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'
}

# Both sides of a ratio are of one round, so that a machine that slows down between rounds does not count.
for workload in ${WORKLOADS:-gan16 gan32}; do
    ratios=()
    for _ in $(seq "${ROUNDS:-2}"); do
        line=$("$wngan" bench --workload "$workload" --norm weight --order alternating --seconds "$seconds" --json)
        echo "$line"
        ours=$(number step_ms_median <<< "$line")
        line=$("$target/release/burn_peer" --workload "$workload" --seconds "$seconds")
        echo "$line"
        theirs=$(number step_ms_median <<< "$line")
        ratios+=("$(awk "BEGIN { print $theirs / $ours }")")
        printf '%s: wngan %.2f ms, burn %.2f ms a step, %.2f times as long\n' "$workload" "$ours" "$theirs" "${ratios[-1]}"
    done
    printf '%s: burn takes %.2f times as long\n' "$workload" "$(printf '%s\n' "${ratios[@]}" | middle)"
done
