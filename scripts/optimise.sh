#!/usr/bin/env bash
# Trunk's post_build hook: shrinks the wasm of a release build in place, and makes a second one of it whose kernels for
# CPU multiply and add in one instruction (www/worker/program.js chooses; half a minute in all). Debug builds stay as they
# are, and both names stand for the same.
set -euo pipefail

plain="$TRUNK_STAGING_DIR/wn_gan_bg.wasm"
fused="$TRUNK_STAGING_DIR/wn_gan_fused.wasm"
if [ "${TRUNK_PROFILE:?is set by trunk, which calls this script}" != release ]; then
    cp "$plain" "$fused"
    exit 0
fi

# The features that rustc turns on for wasm32-unknown-unknown, and those of the kernels for the CPU (build/module.rs):
# every browser with WebGPU has them.
features=(--enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int
    --enable-reference-types --enable-sign-ext --enable-simd)
# Nothing lies below address 1024 (the linker begins there with the stack's end), so constant offsets may be folded into
# loads and stores.
optimise=(node_modules/.bin/wasm-opt "${features[@]}" -O3 --low-memory-unused --optimize-added-constants-propagate)
strip=(--strip-debug --strip-producers)
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

"${optimise[@]}" -g "$plain" -o "$work/named.wasm"
node_modules/.bin/wasm-dis "${features[@]}" "$work/named.wasm" -o "$work/plain.wat"
node scripts/fuse.js <"$work/plain.wat" >"$work/fused.wat"
node_modules/.bin/wasm-as -g "${features[@]}" --enable-relaxed-simd "$work/fused.wat" -o "$work/fused.wasm"
"${optimise[@]}" --enable-relaxed-simd "${strip[@]}" "$work/fused.wasm" -o "$fused"
node_modules/.bin/wasm-opt "${features[@]}" "${strip[@]}" "$work/named.wasm" -o "$plain"
