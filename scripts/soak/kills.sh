#!/usr/bin/env bash
# SIGKILL of the command line: 12 inside saves (KILLS), 50 at random moments (RANDOM_KILLS); a few minutes.
set -euo pipefail
exec cargo test --locked --test faults -- --ignored --nocapture --test-threads=1 kills::
