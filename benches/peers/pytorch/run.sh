#!/usr/bin/env bash
# wngan and PyTorch in turn on this machine, without network: measures, then prints a table with ratios.
#
#   benches/peers/pytorch/run.sh                                    everything, on a CUDA device
#   benches/peers/pytorch/run.sh --workloads gan16 gan32            a part (--help lists what can be chosen)
#   benches/peers/pytorch/run.sh --device cpu --workloads gan16 --own --batch_sizes --seconds 2
#
# WNGAN is the program to compare with (target/release/wngan), PYTHON a Python that has PyTorch (python3).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wngan=${WNGAN:-$here/../../../target/release/wngan}
python=${PYTHON:-python3}

if [ ! -x "$wngan" ]; then
    echo "There is no program at $wngan: build it (cargo build --release --bin wngan) or set WNGAN." >&2
    exit 1
fi
if ! command -v "$python" > /dev/null; then
    echo "There is no Python called $python: set PYTHON to one that has PyTorch." >&2
    exit 1
fi
exec "$python" "$here/compare.py" --wngan "$wngan" "$@"
