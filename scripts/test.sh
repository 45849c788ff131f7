#!/usr/bin/env bash
# Every check of the project, one after another; a failure does not stop the later ones.
# Installs first what is missing (scripts/setup.sh; where it needs sudo, it asks). Takes about 27 minutes on two cores from a fresh clone, 2 to 3 more
# for every tool that has to be installed. WNGAN_NO_GPU=1 says that there is no GPU and no Vulkan driver here: tests that
# need one are then reported as ignored.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh

MAX_BYTES=700000
# For each parser; scripts/soak.sh takes longer.
FUZZ_SECONDS=30
rows=()
passed=0
failed=0

record() { # NAME RESULT SECONDS
    rows+=("$(printf '%-24s %-8s %5d s' "$1" "$2" "$3")")
    if [ "$2" = passed ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

step() { # NAME COMMAND...
    local name=$1 start=$SECONDS result=passed
    shift
    printf '\n=== %s: %s\n' "$name" "$*"
    "$@" || result=FAILED
    printf '=== %s %s after %d s\n' "$name" "$result" $((SECONDS - start))
    record "$name" "$result" $((SECONDS - start))
    [ "$result" = passed ]
}

# What a visitor downloads before the page is whole: wasm, JavaScript and style sheets, each compressed. Of the two wasm
# files a browser loads one, and they are equally large.
transfer_size() {
    local file size sum=0
    while IFS= read -r -d '' file; do
        size=$(gzip -9 -c "$file" | wc -c)
        sum=$((sum + size))
        printf '%8d bytes  %s\n' "$size" "$file"
    done < <(find dist -type f ! -name wn_gan_fused.wasm \( -name '*.wasm' -o -name '*.js' -o -name '*.css' \) -print0 | sort -z)
    printf '%8d bytes with gzip, at most %d are allowed\n' "$sum" "$MAX_BYTES"
    [ "$sum" -gt 0 ] && [ "$sum" -lt "$MAX_BYTES" ]
}

start=$SECONDS
printf '=== install what is missing\n'
setup_build
setup_tests
record "install" passed $((SECONDS - start))

# Not cargo fmt, which does not see the modules that macros declare.
step "format" rustfmt --edition 2024 --check $(git ls-files -co --exclude-standard '*.rs') || true
step "clippy (native)" cargo clippy --locked --workspace --all-targets -- -D warnings || true
step "clippy (wasm32)" cargo clippy --locked --lib --target "$TARGET" -- -D warnings || true
step "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib || true
# Apart, so that the table says how long the tests themselves take.
if step "compile the tests" cargo test --locked --no-run; then
    step "cargo test" cargo test --locked || true
else
    record "cargo test" "not run" 0
fi
step "fuzzing" scripts/fuzz.sh "$FUZZ_SECONDS" || true
# The types of the program are written by its build.
if step "trunk build" trunk build --release; then
    step "JS types and lint" npm run --silent check || true
    step "transfer size" transfer_size || true
    step "browser tests" npm test --silent || true
else
    record "JS types and lint" "not run" 0
    record "transfer size" "not run" 0
    record "browser tests" "not run" 0
fi

printf '\n'
printf '%s\n' "${rows[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
