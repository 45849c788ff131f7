#!/usr/bin/env bash
# What takes too long for every change: kills, faults, long fuzzing, thousands of random settings. docs/robustness.md says what
# each section does; each writes its last result to docs/robustness/.
# Usage: scripts/soak.sh                 every section that was not finished for the present commit
#        scripts/soak.sh SECTION...      these, whether or not they were
# Sections: a file in scripts/soak/ each. A section that is interrupted goes on where it was, where its head says so. What is
# kept for that lies in target/soak/.
set -euo pipefail
cd "$(dirname "$0")/.."

STATE="$PWD/target/soak"
RESULTS="$PWD/docs/robustness"
export STATE RESULTS
mkdir -p "$STATE/done" "$RESULTS"

commit=$(git rev-parse HEAD)
mapfile -t all < <(cd scripts/soak && printf '%s\n' *.sh | sed 's/[.]sh$//')
asked=("$@")
[ $# -gt 0 ] || asked=("${all[@]}")
failed=()
for section in "${asked[@]}"; do
    script="scripts/soak/$section.sh"
    [ -x "$script" ] || { printf 'There is no section %s. Sections: %s\n' "$section" "${all[*]}" >&2; exit 2; }
    if [ $# = 0 ] && [ "$(cat "$STATE/done/$section" 2>/dev/null)" = "$commit" ]; then
        printf '=== %s: done for this commit\n' "$section"
        continue
    fi
    start=$SECONDS
    printf '\n=== %s\n' "$section"
    if "$script"; then
        printf '=== %s passed after %d s\n' "$section" $((SECONDS - start))
        printf '%s' "$commit" >"$STATE/done/$section"
    else
        printf '=== %s FAILED after %d s\n' "$section" $((SECONDS - start))
        failed+=("$section")
    fi
done
printf '\n%d sections failed%s\n' "${#failed[@]}" "${failed:+: ${failed[*]}}"
[ "${#failed[@]}" = 0 ]
