#!/bin/sh
# The comparison with the browser peers in one command; README.md beside it says what is compared and how.
set -eu
cd "$(dirname "$0")"
wanted=${CHROMIUM:-chromium}
CHROMIUM=$(command -v "$wanted") || { echo "There is no $wanted here. Install Chromium, or name one in CHROMIUM." >&2; exit 1; }
export CHROMIUM
if ! cmp -s package-lock.json node_modules/.lock-of-install; then
  npm ci --no-audit --no-fund >&2
  cp package-lock.json node_modules/.lock-of-install
fi
node build.js
exec node compare.js "$@"
