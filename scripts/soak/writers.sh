#!/usr/bin/env bash
# Two processes in one run folder, one after the other and at once, 12 times each (WRITERS); a minute.
set -euo pipefail
exec cargo test --locked --test faults -- --ignored --nocapture --test-threads=1 writers::
