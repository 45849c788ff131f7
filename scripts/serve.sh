#!/usr/bin/env bash
# Builds the page and serves it on http://127.0.0.1:8080, rebuilding when a file changes.
# Installs first what is missing (scripts/setup.sh: minutes the first time, a second after that); the first build takes
# about 4 minutes on two cores. Arguments go to trunk, e.g. scripts/serve.sh --port 9000 --open
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh

setup_build
exec trunk serve --release "$@"
