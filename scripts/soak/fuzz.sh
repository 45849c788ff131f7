#!/usr/bin/env bash
# Ten minutes (FUZZ_SECONDS) of fuzzing for each parser; what was found earlier is kept in target/fuzz/corpus and used again.
set -euo pipefail
FUZZ_TABLE="$RESULTS/fuzz.csv" exec scripts/fuzz.sh "${FUZZ_SECONDS:-600}"
