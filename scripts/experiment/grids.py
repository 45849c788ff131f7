"""How varied an experiment's sample grids are, beside real images.

    python3 scripts/experiment/grids.py RESULTS cifar10=FOLDER [faces=FOLDER]

Reads RESULTS/DATASET-NORM.png and writes RESULTS/grids.csv; FOLDER as for baselines.py. Needs numpy.
"""

import sys
from pathlib import Path

import numpy as np

import images
import png
from baselines import FINAL, SEEDS, blocks, sets, write

TILES = 8  # Grids have so many rows and columns of images.
SETS = 100  # Sets of as many real images, for how much their variety varies.
NORMS = ("none", "batch", "weight", "spectral")


def variety(x):
    """Variances over a set of images: of the brightness of its quarters (2x2 blocks), of their colour (what is left of
    them without the brightness), and of the pixels inside blocks of 2x2 pixels, which is noise where images are smooth."""
    quarters = x.reshape(len(x), 3, 2, images.SIDE // 2, 2, images.SIDE // 2).mean((3, 5))
    brightness = quarters.mean(1, keepdims=True)
    colour = quarters - brightness
    spread = [((part - part.mean(0)) ** 2).mean() for part in (brightness, colour)]
    return [*spread, ((x - blocks(x, images.SIDE // 2)) ** 2).mean()]


def tiles(path):
    """The images of a grid."""
    width, height, lines = png.read(path)
    grid = np.frombuffer(b"".join(lines), np.uint8).reshape(TILES, images.SIDE, TILES, images.SIDE, 3) / 255
    assert (width, height) == (TILES * images.SIDE,) * 2, f"{path} is no grid of {TILES}x{TILES} images"
    return grid.transpose(0, 2, 4, 1, 3).reshape(TILES * TILES, 3, images.SIDE, images.SIDE)


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__.strip())
    results, rows = Path(sys.argv[1]), []
    for dataset, seed, x in sets(sys.argv[2:]):
        if seed != SEEDS[0]:
            continue
        count = TILES * TILES
        several = [variety(x[at:at + count]) for at in range(FINAL, FINAL + SETS * count, count)]
        rows += [[dataset, "real", *variety(x[:FINAL])], [dataset, "real, deviation of 64", *np.std(several, axis=0)]]
        rows += [[dataset, norm, *variety(tiles(results / f"{dataset}-{norm}.png"))] for norm in NORMS]
    rows = [[dataset, of, *(f"{variance:.6f}" for variance in variances)] for dataset, of, *variances in rows]
    write(results / "grids.csv", ["dataset", "of", "brightness", "colour", "noise"], rows)


if __name__ == "__main__":
    main()
