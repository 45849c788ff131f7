"""What an image costs without any network: the trivial baselines of docs/experiment.md, and how varied its sheets are.

    python3 scripts/experiment/baselines.py RESULTS cifar10=FOLDER [faces=FOLDER]

RESULTS is the folder of the sheets (docs/experiment); baselines.csv and sheets.csv are written there. FOLDER holds
binary batches; of the built-in faces, whose set depends on the seed, the folders seed1, seed2, ... that
`cargo run --release --example faces` writes. Needs numpy.
"""

import csv
import sys
from pathlib import Path

import numpy as np

import images
import png

RUNNING, FINAL = 100, 256  # Held-out images of the running and of the final test; the first are the same.
SEEDS = (1, 2, 3)
COMPONENTS = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32)
TILES = 8  # Sheets have so many rows and columns of images.
SETS = 100  # Sets of as many real images, for how much their variety varies.
NORMS = ("none", "batch", "weight", "spectral")


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


def variety(x):
    """Variances over a set of images: of the brightness of its quarters (2x2 blocks), of their colour (what is left of
    them without the brightness), and of the pixels inside blocks of 2x2 pixels, which is noise where images are smooth."""
    quarters = x.reshape(len(x), 3, 2, images.SIDE // 2, 2, images.SIDE // 2).mean((3, 5))
    brightness = quarters.mean(1, keepdims=True)
    colour = quarters - brightness
    spread = [((part - part.mean(0)) ** 2).mean() for part in (brightness, colour)]
    return [*spread, ((x - blocks(x, images.SIDE // 2)) ** 2).mean()]


def tiles(path):
    """The images of a sheet."""
    width, height, lines = png.read(path)
    sheet = np.frombuffer(b"".join(lines), np.uint8).reshape(TILES, images.SIDE, TILES, images.SIDE, 3) / 255
    assert (width, height) == (TILES * images.SIDE,) * 2, f"{path} is no sheet of {TILES}x{TILES} images"
    return sheet.transpose(0, 2, 4, 1, 3).reshape(TILES * TILES, 3, images.SIDE, images.SIDE)


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__.strip())
    results = Path(sys.argv[1])
    rows, sheets = [], []
    for argument in sys.argv[2:]:
        dataset, _, folder = argument.partition("=")
        for seed in SEEDS:
            x = images.read(Path(folder, f"seed{seed}") if dataset == "faces" else folder)
            x = x[images.order(len(x), seed)]
            for count in (RUNNING, FINAL):
                for name, numbers, near in baselines(x[FINAL:], x[:count]):
                    rows.append([dataset, seed, count, name, numbers, f"{((x[:count] - near) ** 2).mean():.6f}"])
            if seed == SEEDS[0]:
                sheets.append([dataset, "real", *variety(x[:FINAL])])
                sets = [variety(x[at:at + TILES * TILES]) for at in range(FINAL, FINAL + SETS * TILES * TILES, TILES * TILES)]
                sheets.append([dataset, "real, deviation of 64", *np.std(sets, axis=0)])
        for norm in NORMS:
            sheets.append([dataset, norm, *variety(tiles(results / f"{dataset}-{norm}.png"))])
    write(results / "baselines.csv", ["dataset", "seed", "images", "baseline", "numbers", "mse"], rows)
    sheets = [[dataset, of, *(f"{variance:.6f}" for variance in variances)] for dataset, of, *variances in sheets]
    write(results / "sheets.csv", ["dataset", "of", "brightness", "colour", "noise"], sheets)


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    main()
