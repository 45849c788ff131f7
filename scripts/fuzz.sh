#!/usr/bin/env bash
# Fuzzes the parsers with libFuzzer, which looks for inputs that reach new code; a panic, a hang or too much memory ends a
# target and the input is kept. Works with stable Rust; of the crates only this project's are instrumented.
# Usage: scripts/fuzz.sh SECONDS [TARGET...]      seconds for each target; all targets by default
# Found inputs are kept in target/fuzz/corpus and used again, those that fail in target/fuzz/failed. The last lines are a
# table of what was done, which also goes to FUZZ_TABLE if that is set.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?seconds for each target}
shift
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cd fuzz/targets && grep -l fuzz_target! -- *.rs | sed 's/[.]rs$//')

# As cargo-fuzz does it. Build scripts have no libFuzzer in them.
mkdir -p target/fuzz
cat >target/fuzz/rustc <<'WRAPPER'
#!/bin/sh
case " $* " in
*" --crate-name build_script_"* | *" --crate-type proc-macro "* | *" --print "*) exec "$@" ;;
esac
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0
WRAPPER
chmod +x target/fuzz/rustc
# The profile of the tests: with debug assertions, and its dependencies are there after cargo test.
cargo build --locked --profile test --package wn_gan_fuzz --bin fuzz_seeds
RUSTC_WORKSPACE_WRAPPER="$PWD/target/fuzz/rustc" cargo build --locked --profile test --package wn_gan_fuzz \
    $(printf -- '--bin fuzz_%s ' "${targets[@]}")
target/debug/fuzz_seeds target/fuzz/seeds

run() { # TARGET
    local status=0
    mkdir -p "target/fuzz/corpus/$1" "target/fuzz/failed/$1"
    "target/debug/fuzz_$1" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="target/fuzz/failed/$1/" "target/fuzz/corpus/$1" "target/fuzz/seeds/$1" \
        >"target/fuzz/$1.log" 2>&1 || status=$?
    echo $status >"target/fuzz/$1.status"
}
# As many at a time as there are cores.
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    run "$target" &
done
wait

rows=("target,seconds,executions,edges,features,corpus,crashes")
failed=0
for target in "${targets[@]}"; do
    log="target/fuzz/$target.log"
    status=$(cat "target/fuzz/$target.status")
    number() { sed -n "s/.*$1[: ]*\\([0-9]*\\).*/\\1/p" "$log" | tail -1; }
    if [ "$status" != 0 ]; then
        failed=$((failed + 1))
        tail -40 "$log"
    fi
    rows+=("$target,$seconds,$(number number_of_executed_units),$(number cov),$(number ft),$(number 'corp'),$((status != 0))")
done
printf '%s\n' "${rows[@]}" | column -s, -t
[ -z "${FUZZ_TABLE:-}" ] || printf '%s\n' "${rows[@]}" >"$FUZZ_TABLE"
[ "$failed" = 0 ]
