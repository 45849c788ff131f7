#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks; what is there is left alone.
# Usage: scripts/setup.sh            everything
#        source scripts/setup.sh     the functions setup_build and setup_tests, for scripts/serve.sh and scripts/test.sh
#
# Takes a second when nothing is missing. From nothing, on two cores: trunk 5 to 8 minutes, wasm-bindgen 3, npm
# packages 1, and 2 for the wasm standard library where rustup cannot provide it.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
TRUNK_VERSION=0.21.14
NODE_VERSION=22.23.3
TARGET=wasm32-unknown-unknown
MARK="# Written by scripts/setup.sh; delete it and .wasm/ to undo."

export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
# A Node of our own, where the system's is too old (see setup_node).
[ ! -d "$ROOT/.wasm/node/node_modules/node/bin" ] || export PATH="$ROOT/.wasm/node/node_modules/node/bin:$PATH"

say() { printf '[setup %3d s] %s\n' "$SECONDS" "$*"; }
stop() { printf '[setup] %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# agreed QUESTION: whether the person at the terminal says yes; without a terminal nobody does.
agreed() {
    local answer
    [ -t 0 ] || return 1
    read -r -p "[setup] $1 [y/N] " answer
    [ "$answer" = y ] || [ "$answer" = Y ]
}

# apt_install WHY PACKAGE...: from the distribution, as root or through sudo. Whoever started another script than this one
# is asked before sudo is used; WNGAN_INSTALL=1 says yes.
apt_install() {
    local why=$1 run=()
    shift
    has apt-get || stop "$why is missing, and this system has no apt-get: install it by hand (Debian's packages: $*)."
    if [ "$(id -u)" != 0 ]; then
        has sudo || stop "$why is missing. Run as root: apt-get install $*"
        [ "${BASH_SOURCE[0]}" = "$0" ] || [ "${WNGAN_INSTALL:-}" = 1 ] || agreed "$why is missing. Install $* by sudo?" \
            || stop "$why is missing. Run scripts/setup.sh, or: sudo apt-get install $*"
        run=(sudo)
    fi
    say "$why is missing: installing $* (under 2 minutes)"
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# A compiler for this machine: what is there, or the distribution's.
setup_rust() {
    has cc || apt_install "a linker" gcc libc6-dev
    if ! has cargo; then
        apt_install "Rust" rustc-web cargo-web
        say "Rust comes from the distribution. With rustup instead, run this script again after installing it."
    fi
}

# A standard library for wasm32: rustup's, or else one built from the distribution's sources.
setup_wasm_target() {
    local made toolchain=""
    made="$ROOT $(/usr/bin/rustc -V 2>/dev/null || true)"
    [ "$(cat "$ROOT/.wasm/made" 2>/dev/null)" != "$made" ] || return 0
    [ ! -d "$(cd / && rustc --print target-libdir --target $TARGET 2>/dev/null)" ] || return 0
    if has rustup; then
        toolchain="$(cd / && rustup show active-toolchain | cut -d' ' -f1)" \
            || stop "rustup has no default toolchain. Run: rustup default stable"
        say "$TARGET: asking rustup (it has 60 seconds)"
        if RUSTUP_MAX_RETRIES=0 timeout 60 rustup target add --toolchain "$toolchain" $TARGET >/dev/null 2>&1; then
            return 0
        fi
        say "rustup's server is out of reach: the distribution's compiler is used for $TARGET"
    fi
    has /usr/bin/rustc && has /usr/bin/cargo && has wasm-ld-22 && [ -d /usr/lib/rustlib/src/rust/library ] \
        && has /usr/bin/cargo-clippy \
        || apt_install "a compiler for $TARGET" rustc-web cargo-web rust-web-src rust-web-clippy lld-22
    for file in .cargo/config.toml rust-toolchain.toml; do
        [ ! -e "$ROOT/$file" ] || grep -qxF "$MARK" "$ROOT/$file" \
            || stop "$file exists and is not of this script: move it away, so that it can point to the wasm compiler."
    done
    build_wasm_std
    select_wasm_compiler "$toolchain"
    printf '%s\n' "$made" >"$ROOT/.wasm/made"
}

# The distribution ships the standard library's sources, but no wasm32 library: cargo's build-std compiles one, and a
# sysroot that holds only it is all that rustc needs. So this is done once, and later builds need no unstable option.
build_wasm_std() {
    local work libraries="$ROOT/.wasm/sysroot/lib/rustlib/$TARGET/lib"
    work="$(mktemp -d)"
    say "compiling the standard library for $TARGET (about 90 seconds, once)"
    printf '[package]\nname = "sysroot"\nedition = "2024"\n[lib]\npath = "lib.rs"\n[workspace]\n' >"$work/Cargo.toml"
    echo '#![no_std]' >"$work/lib.rs"
    (cd "$work" && env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_DIR=target /usr/bin/cargo build --quiet --release --target $TARGET -Z build-std=std,panic_abort)
    rm -rf "$ROOT/.wasm/sysroot"
    mkdir -p "$libraries"
    cp "$work/target/$TARGET/release/deps/"*.rlib "$libraries"
    rm -rf "$work" "$libraries"/libsysroot-*
}

# Makes plain `cargo` and `trunk` in this folder find that library, whatever started them:
# - .cargo/config.toml gives every wasm32 build its linker and sysroot;
# - beside rustup, rust-toolchain.toml names a toolchain whose only difference from the active one is `cargo`: a call
#   that mentions wasm32 goes to the distribution's cargo and rustc, every other one to rustup's as before. One cargo
#   call must not mix the two compilers (procedural macros belong to one), hence a choice by call.
# The two share target/: cargo keys what it builds by compiler version, so neither rebuilds what the other has built.
select_wasm_compiler() {
    local toolchain=$1 bin="$ROOT/.wasm/toolchain/bin" sysroot
    mkdir -p "$ROOT/.cargo"
    echo '*' >"$ROOT/.cargo/.gitignore"
    cat >"$ROOT/.cargo/config.toml" <<CONFIG
$MARK
[target.$TARGET]
linker = "wasm-ld-22"
rustflags = ["--sysroot", "$ROOT/.wasm/sysroot"]
CONFIG
    rm -rf "$ROOT/.wasm/toolchain" "$ROOT/rust-toolchain.toml"
    [ -n "$toolchain" ] || return 0
    sysroot="$(rustc "+$toolchain" --print sysroot)"
    mkdir -p "$bin"
    ln -s "$sysroot"/bin/* "$bin"
    ln -s "$sysroot/lib" "$ROOT/.wasm/toolchain/lib"
    rm "$bin/cargo"
    cat >"$bin/cargo" <<CARGO
#!/bin/sh
$MARK
case " \$* " in
*$TARGET*) unset RUSTUP_TOOLCHAIN && PATH="/usr/bin:\$PATH" RUSTC=/usr/bin/rustc exec /usr/bin/cargo "\$@" ;;
*) exec rustup run $toolchain cargo "\$@" ;;
esac
CARGO
    chmod +x "$bin/cargo"
    printf '%s\n[toolchain]\npath = "%s"\n' "$MARK" "$ROOT/.wasm/toolchain" >"$ROOT/rust-toolchain.toml"
}

# cargo_install CRATE VERSION [OPTION...]: quick to compile rather than quick to run.
cargo_install() {
    local crate=$1 version=$2
    shift 2
    (cd / && CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet --force "$crate" --version "$version" "$@")
}

setup_trunk() {
    local bindgen
    if ! has trunk; then
        say "installing trunk $TRUNK_VERSION (5 to 8 minutes on two cores)"
        cargo_install trunk "$TRUNK_VERSION" --locked
    elif [ "$(trunk --version)" != "trunk $TRUNK_VERSION" ]; then
        say "$(trunk --version) is here; this project is tested with $TRUNK_VERSION"
    fi
    bindgen="$(sed -n 's/^wasm_bindgen = "\(.*\)"/\1/p' "$ROOT/Trunk.toml")"
    if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $bindgen" ]; then
        say "installing wasm-bindgen $bindgen, the version in Trunk.toml (about 3 minutes on two cores)"
        cargo_install wasm-bindgen-cli "$bindgen" --locked \
            || { say "its lock file names what this registry lacks: without it"; cargo_install wasm-bindgen-cli "$bindgen"; }
    fi
}

# Node and the packages of package-lock.json.
setup_node() {
    has npm || apt_install "Node" nodejs npm
    if [ "$(node --version | sed 's/v\([0-9]*\).*/\1/')" -lt 20 ]; then
        say "Node $(node --version) is too old for the lint and the browser tests: fetching $NODE_VERSION for this folder only"
        npm install --loglevel=error --no-audit --no-fund --prefix "$ROOT/.wasm/node" "node@$NODE_VERSION"
        export PATH="$ROOT/.wasm/node/node_modules/node/bin:$PATH"
    fi
    if [ ! -e "$ROOT/node_modules/.package-lock.json" ] \
        || [ "$ROOT/package-lock.json" -nt "$ROOT/node_modules/.package-lock.json" ]; then
        say "installing the npm packages of package-lock.json (under a minute)"
        (cd "$ROOT" && npm ci --loglevel=error --no-audit --no-fund)
    fi
}

# Everything for `trunk build --release`.
setup_build() {
    setup_rust
    setup_wasm_target
    setup_trunk
    setup_node
    say "ready to build"
}

# Everything for scripts/test.sh on top: formatter and lints, a software GPU, three browsers, and Chinese characters for
# their pictures.
setup_tests() {
    cargo fmt --version >/dev/null 2>&1 || { has rustup && rustup component add rustfmt; } \
        || apt_install "rustfmt" rustfmt-web
    cargo clippy --version >/dev/null 2>&1 || { has rustup && rustup component add clippy; } \
        || apt_install "clippy" rust-web-clippy
    [ "${WNGAN_NO_GPU:-}" = 1 ] || compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null \
        || compgen -G '/etc/vulkan/icd.d/*.json' >/dev/null || apt_install "a Vulkan driver" mesa-vulkan-drivers
    has c++ || apt_install "a C++ compiler for libFuzzer" g++
    has "${CHROMIUM:-chromium}" || apt_install "Chromium" chromium
    has "${FIREFOX:-firefox-esr}" || apt_install "Firefox" firefox-esr
    has WebKitWebDriver && has Xvfb || apt_install "WebKitGTK's browser or a screen for it" webkit2gtk-driver xvfb
    has fc-list && [ -n "$(fc-list :lang=zh)" ] || apt_install "a Chinese font" fontconfig fonts-wqy-microhei
    say "ready to test"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    setup_build
    setup_tests
fi
