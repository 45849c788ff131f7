#!/usr/bin/env bash
# The page's run broken off at random moments: reloaded, its renderer killed, its worker ended, its device destroyed.
# Needs a built page (trunk build --release). About an hour and a half; how often is read from RELOADS, RENDERERS, WORKERS,
# DEVICES.
set -euo pipefail
out="$STATE/page.csv"
echo "fault,times,most_lost_ms,less_than_was_said,losses_in_the_end,steps" >"$out"
failed=0
for fault in "reload ${RELOADS:-50}" "renderer ${RENDERERS:-50}" "worker ${WORKERS:-50}" "device ${DEVICES:-100}"; do
    read -r kind times <<<"$fault"
    [ "$times" = 0 ] || node tests/browser/soak/faults.js "$kind" "$times" >>"$out" || failed=1
done
cp "$out" "$RESULTS/page.csv"
exit $failed
