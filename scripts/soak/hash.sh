#!/usr/bin/env bash
# Ten minutes (HASH_SECONDS) of random settings in the page's address; needs the built page, dist/.
set -euo pipefail
export HASH_SECONDS=${HASH_SECONDS:-600}
result=$(node --test tests/browser/hash.test.js) || { printf '%s\n' "$result"; exit 1; }
{
    echo "seconds,addresses,with_something_wrong"
    sed -n "s/^# \([0-9]*\) addresses, \([0-9]*\) with something wrong/$HASH_SECONDS,\1,\2/p" <<<"$result"
} >"$RESULTS/hash.csv"
cat "$RESULTS/hash.csv"
