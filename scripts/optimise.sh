#!/usr/bin/env bash
# Trunk's post_build hook: shrinks the wasm of a release build in place (a few seconds); debug builds stay as they are.
set -euo pipefail

[ "${TRUNK_PROFILE:?is set by trunk, which calls this script}" = release ] || exit 0
wasm="$TRUNK_STAGING_DIR/wn_gan_bg.wasm"

# The features that rustc turns on for wasm32-unknown-unknown, and those of the kernels for processors (build/module.rs):
# every browser with WebGPU has them.
node_modules/.bin/wasm-opt "$wasm" -o "$wasm" -O3 --low-memory-unused --optimize-added-constants-propagate --strip-debug --strip-producers \
    --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int \
    --enable-reference-types --enable-sign-ext --enable-simd
