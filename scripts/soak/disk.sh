#!/usr/bin/env bash
# A full disk, 12 times (DISK_FULL): a file system in memory of 64 MiB is mounted for it, which needs root or user namespaces.
set -euo pipefail

FULL_DISK=$(mktemp -d)
export FULL_DISK
trap 'rmdir "$FULL_DISK"' EXIT
cargo test --locked --no-run --test faults
run=(cargo test --locked --test faults -- --ignored --nocapture disk::)
# In a namespace of its own, so that the mount ends with it.
mounted='mount -t tmpfs -o size=64m none "$FULL_DISK" && "$@"'
for way in "unshare --mount" "unshare --user --map-root-user --mount"; do
    if $way true 2>/dev/null; then
        $way sh -c "$mounted" sh "${run[@]}"
        exit
    fi
done
echo "This system lets nobody mount a file system here: the section needs root, or user namespaces." >&2
exit 1
