"""What an image costs without any network: the trivial baselines of docs/experiment.md.

    python3 scripts/experiment/baselines.py RESULTS cifar10=FOLDER [faces=FOLDER]

Writes RESULTS/baselines.csv. FOLDER holds binary batches; of the built-in faces, whose set depends on the seed, the
folders seed1, seed2, ... that `cargo run --release --example faces` writes. Needs numpy.
"""

import csv
import sys
from pathlib import Path

import numpy as np

import images

RUNNING, FINAL = 100, 256  # Held-out images of the running and of the final test; the first are the same.
SEEDS = (1, 2, 3)
COMPONENTS = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32)


def blocks(x, n):
    """Each image's mean colour over n x n equal blocks, at full size."""
    side = images.SIDE // n
    cells = x.reshape(len(x), 3, n, side, n, side)
    return np.broadcast_to(cells.mean((3, 5), keepdims=True), cells.shape).reshape(x.shape)


def components(training, x, counts):
    """The nearest images that k principal components of the training images can write, for each k."""
    flat = training.reshape(len(training), -1)
    mean = flat.mean(0)
    _, vectors = np.linalg.eigh((flat - mean).T @ (flat - mean))
    vectors = vectors[:, ::-1]  # Largest variance first.
    centred = x.reshape(len(x), -1) - mean
    for k in counts:
        yield k, (mean + centred @ vectors[:, :k] @ vectors[:, :k].T).reshape(x.shape)


def baselines(training, x):
    """(name, numbers per image, reconstruction): what stands in for each image of x."""
    yield "constant grey 0.5", 0, np.full_like(x, 0.5)
    yield "mean image", 0, np.broadcast_to(training.mean(0), x.shape)
    yield "own grey level", 1, np.broadcast_to(x.mean((1, 2, 3), keepdims=True), x.shape)
    yield "own mean colour", 3, blocks(x, 1)
    yield "2x2 blocks of colour", 12, blocks(x, 2)
    for k, near in components(training, x, COMPONENTS):
        yield "principal components", k, near


def sets(arguments):
    """(name, seed, images in the order of the seed's split) for each DATASET=FOLDER and seed."""
    for argument in arguments:
        dataset, _, folder = argument.partition("=")
        for seed in SEEDS:
            x = images.read(Path(folder, f"seed{seed}") if dataset == "faces" else folder)
            yield dataset, seed, x[images.order(len(x), seed)]


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__.strip())
    rows = []
    for dataset, seed, x in sets(sys.argv[2:]):
        for count in (RUNNING, FINAL):
            for name, numbers, near in baselines(x[FINAL:], x[:count]):
                rows.append([dataset, seed, count, name, numbers, f"{((x[:count] - near) ** 2).mean():.6f}"])
    write(Path(sys.argv[1], "baselines.csv"), ["dataset", "seed", "images", "baseline", "numbers", "mse"], rows)


if __name__ == "__main__":
    main()
