"""Sample grids: reads and writes PNG files of 8 bits per channel with the standard library alone.

    python3 scripts/experiment/png.py FACTOR IN.png OUT.png      enlarges without smoothing
"""

import struct
import sys
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 6: 4}  # By colour type: grey, RGB, RGBA.


def read(path):
    """Width, height and rows of RGB bytes. Only what `wngan` writes: 8 bits, not interlaced."""
    data = open(path, "rb").read()
    if not data.startswith(SIGNATURE):
        raise SystemExit(f"{path} is no PNG file.")
    at, packed = len(SIGNATURE), b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if bits != 8 or interlaced or colour not in CHANNELS:
                raise SystemExit(f"{path}: only 8 bits per channel, without palette or interlacing, can be read.")
        packed += body if kind == b"IDAT" else b""
        at += length + 12
    n = CHANNELS[colour]
    lines = unfiltered(zlib.decompress(packed), width * n, height, n)
    if n == 1:
        return width, height, [bytes(value for value in line for _ in range(3)) for line in lines]
    return width, height, [bytes(line[i] for i in range(len(line)) if i % n < 3) for line in lines]


def unfiltered(raw, length, height, n):
    """The rows behind PNG's five filters; `n` bytes make a pixel."""
    lines, above = [], bytearray(length)
    for y in range(height):
        start = y * (length + 1)
        kind, line = raw[start], bytearray(raw[start + 1:start + 1 + length])
        for i in range(length):
            left, up, corner = (line[i - n], above[i], above[i - n]) if i >= n else (0, above[i], 0)
            line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]) % 256
        lines.append(line)
        above = line
    return lines


def paeth(left, up, corner):
    """The neighbour nearest to left + up - corner."""
    near = left + up - corner
    return min((left, up, corner), key=lambda value: abs(near - value))


def write(path, width, height, lines):
    """Rows of RGB bytes as a PNG file; each row stores its difference to the one above, which packs repeated rows well."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    above, raw = bytes(3 * width), bytearray()
    for line in lines:
        raw += b"\x02" + bytes((a - b) % 256 for a, b in zip(line, above))
        above = line
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(raw), 9)) + chunk(b"IEND", b"")
    open(path, "wb").write(SIGNATURE + packed)


def enlarged(width, height, lines, factor):
    """Every pixel as a square of `factor` by `factor`."""
    wide = [b"".join(line[i:i + 3] * factor for i in range(0, 3 * width, 3)) for line in lines]
    return factor * width, factor * height, [line for line in wide for _ in range(factor)]


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__.strip())
    write(sys.argv[3], *enlarged(*read(sys.argv[2]), int(sys.argv[1])))
