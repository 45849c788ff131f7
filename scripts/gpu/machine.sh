#!/usr/bin/env bash
# Prints one JSON object about the machine around the GPU.
set -euo pipefail

plain() { tr -d '"\134' | tr -s ' \n' ' ' | sed 's/ $//'; }

gpus=""
! command -v nvidia-smi >/dev/null || gpus=$(nvidia-smi --format=csv,noheader \
    --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem,power.limit | plain)
printf '{"cpu":"%s","cores":%s,"kernel":"%s","glibc":"%s","nvidia_smi":"%s"}\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1 | plain)" "$(nproc)" "$(uname -r)" \
    "$(getconf GNU_LIBC_VERSION)" "$gpus"
