#!/usr/bin/env bash
# A check on a machine with a GPU that has neither Rust nor a network: docs/gpu-check.md.
#
#   scripts/gpu.sh pack [FOLDER]   here: builds what the other machine needs into FOLDER (gpu-pack)
#   scripts/gpu.sh                 there: tests and measures from gpu-pack; results go to $OUT, called again it goes on
#   scripts/gpu.sh report FOLDER   here: makes docs/gpu/ADAPTER.md of the results in FOLDER
set -euo pipefail

folder=${2:-}
[ -z "$folder" ] || folder=$(realpath -m "$folder")
cd "$(dirname "$0")/.."
case ${1:-run} in
run) exec scripts/gpu/run.sh ;;
pack) exec scripts/gpu/pack.sh "${folder:-gpu-pack}" ;;
report) exec python3 scripts/gpu/report.py "${folder:?scripts/gpu.sh report needs the folder of the results.}" ;;
*)
    echo "scripts/gpu.sh knows pack [FOLDER], report FOLDER, and without a word it runs the check; it was given $1." >&2
    exit 1
    ;;
esac
