#!/usr/bin/env bash
# Checkpoints cut off and with a wrong bit at every boundary; seconds.
set -euo pipefail
exec cargo test --locked --test faults -- --ignored --nocapture checkpoints::
