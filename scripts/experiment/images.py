"""The images of an experiment as the program sees them: CIFAR-10 records at 16x16, held-out ones first.

Written from the formats and formulas (`src/data/resize.rs`, `src/data/split.rs`, `src/rng.rs`), so that a baseline is
computed on the very images that a run was tested with. Arrays are [image][channel][row][column], values in [0, 1].
"""

from pathlib import Path

import numpy as np

SIDE = 16
RECORD = 3073  # A label byte and three planes of 32x32.
SPLIT_STREAM = 4


def read(folder):
    """All binary batches of a folder, training before test, each 2x2 pixels averaged and rounded to a byte."""
    folder = Path(folder)
    files = sorted(folder.glob("data_batch_*.bin")) + sorted(folder.glob("test_batch.bin"))
    if not files:
        raise SystemExit(f"{folder} has no data_batch_*.bin; name the folder of the binary batches.")
    records = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, RECORD)[:, 1:] for file in files])
    fours = records.reshape(-1, 3, SIDE, 2, SIDE, 2).sum((3, 5), dtype=np.uint32)
    return ((fours + 2) // 4) / 255


def pcg4d(counters):
    """First word of the hash pcg4d (Jarzynski and Olano 2020) of each column of `counters`, [4][n]."""
    v = [word * np.uint32(1664525) + np.uint32(1013904223) for word in counters.astype(np.uint32)]
    for _ in range(2):
        v[0] = v[0] + v[1] * v[3]
        v[1] = v[1] + v[2] * v[0]
        v[2] = v[2] + v[0] * v[1]
        v[3] = v[3] + v[1] * v[2]
        first = v[0]
        v = [word ^ (word >> np.uint32(16)) for word in v]
    return first


def order(count, seed):
    """The split of a seed: every image's index once, held-out ones first (Fisher and Yates)."""
    index = np.arange(count)
    words = pcg4d(np.stack([index, 0 * index, 0 * index + SPLIT_STREAM, 0 * index + seed]))
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = (int(words[last]) * (last + 1)) >> 32
        order[last], order[other] = order[other], order[last]
    return np.array(order)
