"""Parameters and inputs by formula, and both networks in torch.nn.functional's terms: what golden.py trains.

A configuration is a dictionary with the names of src/config/. The formula is that of tests/support/formula.rs.
"""

import itertools
import math

import torch
from torch.nn import functional as F

MASK = 0xFFFFFFFF

# How G's and D's weights are made, which layers have scale and bias, what follows hidden layers of G and of D, their
# activation.
NORMS = {
    "weight": ("length", "length", "last", ("", ""), "tprelu"),
    "none": ("plain", "plain", "all", ("", ""), "prelu"),
    "batch": ("plain", "plain", "all", ("batch", "batch"), "prelu"),
    "pixel": ("plain", "plain", "all", ("pixel", ""), "prelu"),
    "weight-affine": ("length", "length", "all", ("", ""), "prelu"),
    "spectral": ("plain", "spectral", "all", ("", ""), "prelu"),
    "weight-forced": ("forced", "forced", "last", ("", ""), "tprelu"),
}


# Weights that are divided by their length; `forced` is brought to length 1 after every update too.
BY_LENGTH = ("length", "forced")


def norm_of(config, name):
    """The norm of the network that the tensor or module `name` belongs to: gen. or dis."""
    own = config.get(f"norm_{name[0]}", "same")
    return config["norm"] if own == "same" else own


# The formula for parameters and inputs.


def numbers(name, count):
    """The first `count` words of the stream `name`: 32-bit hashes, seeded by the FNV-1a hash of the name."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & MASK
    x = (seed + torch.arange(count, dtype=torch.int64) * 0x9E3779B9) & MASK
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & MASK  # A product that overflows 64 bits keeps its lower 32.
    x = ((x ^ (x >> 15)) * 0x846CA68B) & MASK
    return x ^ (x >> 16)


def uniforms(name, count):
    """Numbers in [-1, 1) on a grid of 2^-20."""
    return (numbers(name, count) >> 11).double() / 2**20 - 1.0


def start(name, shape, config, at_kinks):
    """Weights of the usual size; all else spread around its initial value, or exactly there with `at_kinks`."""
    u = uniforms(name, math.prod(shape)).reshape(shape)
    spread = torch.zeros_like(u) if at_kinks else u
    if name.endswith("prelu.weight"):
        return torch.full_like(u, 0.25) if at_kinks else (0.5 + u).clamp(0, 1)
    if name.endswith("batchnorm.weight"):
        return (1 + u) / 2
    if name.endswith("addition.weight"):
        return torch.stack([spread[0] / 2, 1 + spread[1] / 8])
    if name.endswith(".scale"):
        return 1 + spread / 8
    if name.endswith(".bias"):
        return spread / 8
    if name.endswith("running_mean"):
        return u / 8
    if name.endswith("running_var"):
        return 1 + u / 2
    normalised = NORMS[norm_of(config, name)][0] in BY_LENGTH
    small = 0.01 if normalised and name == "gen.initial.linear.weight" else 1.0
    return (u * (small / math.sqrt(math.prod(shape[1:])))).float().double()


def images(config, name):
    """Every pixel one byte."""
    shape = [config[key] for key in ("batch_size", "channels", "height", "width")]
    return ((numbers(name, math.prod(shape)) >> 24).double() / 255).reshape(shape)


def codes(config, name):
    """Sums of three uniform numbers: variance 1, exact in f32."""
    shape = (config["batch_size"], config["code_size"])
    return uniforms(name, 3 * math.prod(shape)).reshape(*shape, 3).sum(2)


# The networks.


def is_state(name):
    return name.endswith(("running_mean", "running_var", "weight_v"))


class Gan:
    """Both networks of `config`. A parameter is made when a network first asks for it."""

    def __init__(self, config, dtype, at_kinks=False):
        self.config, self.dtype, self.at_kinks = config, dtype, at_kinks
        self.start, self.p = {}, {}  # All tensors by name: their first values, their present ones.
        self.units = {}  # What makes of a raw weight, by name, what an update leaves of it.
        self.statistics = "running"
        self.discriminator(self.generator(torch.zeros(1, config["code_size"], dtype=dtype)))
        self.statistics = "training"

    def get(self, name, *shape):
        return self.p[name] if name in self.p else self.put(name, start(name, shape, self.config, self.at_kinks))

    def put(self, name, value):
        self.start[name] = value
        self.p[name] = value.to(self.dtype, copy=True).requires_grad_(not is_state(name))
        return self.p[name]

    def direction(self, name, units):
        """Spectral normalisation's `weight_v` starts as a random mixture of the weight's rows: half a power iteration,
        so that sigma is of the right size."""
        if f"{name}_v" not in self.p:
            mixture = uniforms(f"{name}_v", units) @ self.start[name].flatten(1)
            self.put(f"{name}_v", mixture.float().double())
        return F.normalize(self.p[f"{name}_v"], dim=0, eps=1e-12)

    def names(self, prefix):
        return [name for name in self.p if name.startswith(prefix) and not is_state(name)]

    def generator(self, z):
        return self.resnet_generator(z) if self.config["net"] == "resnet" else self.dcgan_generator(z)

    def discriminator(self, x):
        y = self.resnet_discriminator(x) if self.config["net"] == "resnet" else self.dcgan_discriminator(x)
        return y.flatten()

    def levels(self):
        """Height and width of the small image, and the padding beyond 1, of every level from the image inwards."""
        sides, levels = [self.config["height"], self.config["width"]], []
        for i in range(self.config["nlayer"]):
            extra = [int(side % 4 == 2 and i + 1 < self.config["nlayer"]) for side in sides]
            sides = [side // 2 + more for side, more in zip(sides, extra)]
            levels.append((sides, extra))
        return levels

    def layer(self, name, last, x, shape, apply, kept=0, f=1.0):
        """A linear map, perhaps the last of its network, whose output units lie along the axis `kept` of the weight."""
        of_g, of_d, affine, _, _ = NORMS[norm_of(self.config, name)]
        kind = of_g if name.startswith("gen.") else of_d
        # Settings of their own for weights that are divided by their length; no others have a scale.
        by_length = kind in BY_LENGTH
        chosen = lambda key: affine if not by_length else self.config.get(key, "auto").replace("auto", affine)
        scale, bias = [chosen(key) in (("last", "all") if last else ("all",)) for key in ("gain", "bias")]
        w = self.get(f"{name}.weight", *shape)
        if by_length:
            others = [axis for axis in range(len(shape)) if axis != kept]
            unit = lambda w: w / torch.sqrt(f * w.square().sum(others, keepdim=True) + 1e-6)
            self.units[f"{name}.weight"] = unit if kind == "forced" else lambda w: w
            w = unit(w)
        if kind == "spectral":
            with torch.no_grad():
                v = self.direction(f"{name}.weight", shape[0])
                u = F.normalize(w.flatten(1) @ v, dim=0, eps=1e-12)
            w = w / (u @ (w.flatten(1) @ v))
        y = apply(x, w)
        per_unit = (1, -1) + (1,) * (y.dim() - 2)
        if by_length and scale:
            y = y * self.get(f"{name}.scale", shape[kept]).view(per_unit)
        return y + self.get(f"{name}.bias", shape[kept]).view(per_unit) if bias else y

    def linear(self, last, x, channels, sides):
        shape = (channels * math.prod(sides), self.config["code_size"])
        return self.layer("gen.initial.linear", last, x, shape, F.linear).view(-1, channels, *sides)

    def conv(self, name, x, units, kernel, stride=1, padding=0, last=False):
        shape = (units, x.shape[1], *kernel)
        return self.layer(name, last, x, shape, lambda x, w: F.conv2d(x, w, stride=stride, padding=padding))

    def transposed(self, name, x, units, kernel, stride=1, padding=0, last=False):
        apply = lambda x, w: F.conv_transpose2d(x, w, stride=stride, padding=padding)
        return self.layer(name, last, x, (x.shape[1], units, *kernel), apply, kept=1, f=1 / stride**2)

    def activation(self, module, x, kind=None):
        *_, of_norm = NORMS[norm_of(self.config, module)]
        kind = kind or self.config["activation"].replace("auto", of_norm)
        count = 1 if self.config.get("num_parameters") == "layer" else x.shape[1]
        if kind == "relu":
            return F.relu(x)
        if kind == "prelu":
            return F.prelu(x, self.get(f"{module}.prelu.weight", count))
        threshold = self.get(f"{module}.{kind}.bias", count).view(1, -1, 1, 1)
        if kind == "trelu":
            return F.relu(x - threshold) + threshold
        return F.prelu(x - threshold, self.get(f"{module}.tprelu.weight", count)) + threshold

    def normalised(self, module, x):
        *_, behind, _ = NORMS[norm_of(self.config, module)]
        kind = behind[0] if module.startswith("gen.") else behind[1]
        if kind == "pixel":
            return x / torch.sqrt(x.square().mean(1, keepdim=True) + 1e-8)
        return self.batch_norm(module, x) if kind == "batch" else x

    def batch_norm(self, module, x):
        get = lambda name: self.get(f"{module}.batchnorm.{name}", x.shape[1])
        weight, bias, mean, variance = [get(name) for name in ("weight", "bias", "running_mean", "running_var")]
        if self.statistics == "batch":
            mean = variance = None
        return F.batch_norm(x, mean, variance, weight, bias, training=self.statistics != "running")

    def dcgan_generator(self, z):
        levels, f0 = self.levels(), self.config["nfeature"]
        x = self.linear(False, z, f0 << (len(levels) - 1), levels[-1][0])
        x = self.activation("gen.initial", self.normalised("gen.initial", x))
        for i in range(len(levels) - 1, -1, -1):
            name, padding = f"gen.level.{i}", [1 + more for more in levels[i][1]]
            if i == 0:
                x = self.transposed(f"{name}.conv", x, self.config["channels"], (4, 4), 2, padding, last=True)
                return torch.sigmoid(x)
            x = self.transposed(f"{name}.conv", x, f0 << (i - 1), (4, 4), 2, padding)
            x = self.activation(name, self.normalised(name, x))

    def dcgan_discriminator(self, x):
        for i, (_, extra) in enumerate(self.levels()):
            name, padding = f"dis.level.{i}", [1 + more for more in extra]
            x = self.conv(f"{name}.conv", x, self.config["nfeature"] << i, (4, 4), 2, padding)
            x = self.activation(name, self.normalised(name, x) if i > 0 else x)
        return self.conv("dis.final.conv", x, 1, x.shape[2:], last=True)

    def width(self, i):
        return self.config["nfeature"] * max(1, 2 * i)

    def block(self, name, conv, x, widths, strides, paddings, pooled):
        """A residual block up to its addition: two maps of the given widths, strides and paddings; the shortcut is
        `pooled` where the image changes its size."""
        y = x
        for k in (0, 1):
            kernel = (strides[k] + 2,) * 2
            y = conv(f"{name}.residue.{k}.conv", y, widths[k], kernel, strides[k], paddings[k])
            y = self.activation(f"{name}.residue.0", y) if k == 0 else y

        def short(x):
            same = x.shape[1] == widths[1]
            return x if same else conv(f"{name}.shortcut.conv", x, widths[1], (1, 1))

        shortcut = pooled(x, short) if pooled else short(x)
        g = self.get(f"{name}.addition.weight", 2, widths[1])
        g = (g / torch.sqrt(g.square().sum(0) + 1e-6)).view(2, 1, -1, 1, 1)
        return g[0] * y + g[1] * shortcut

    def resnet_discriminator(self, x):
        x = 2 * x - 1
        for i, (_, (rows, columns)) in enumerate(self.levels()):
            pooled = lambda x, short: short(F.avg_pool2d(F.pad(x, (columns, columns, rows, rows)), 2))
            for j in range(self.config["nblock"]):
                name, first = f"dis.level.{i}.block.{j}", j == 0
                paddings = [(1 + rows, 1 + columns) if first else 1, 1]
                strides = (2 if first else 1, 1)
                x = self.block(name, self.conv, x, [self.width(i)] * 2, strides, paddings, pooled if first else None)
                x = self.activation(name, x)
        return self.conv("dis.final.conv", x, 1, x.shape[2:], last=True)

    def resnet_generator(self, z):
        levels, nblock = self.levels(), self.config["nblock"]
        # Its first layer has scale and bias where a last one has them.
        x = self.linear(True, z, self.width(len(levels) - 1), levels[-1][0])
        x = self.activation("gen.initial", x, "prelu")
        for i, j in itertools.product(range(len(levels) - 1, -1, -1), range(nblock)):
            name, last, (rows, columns) = f"gen.level.{i}.block.{j}", j == nblock - 1, levels[i][1]
            narrow = self.width(i - 1) if i > 0 else self.config["channels"]
            pooled = lambda x, short: F.pad(F.interpolate(short(x), scale_factor=2), (-columns, -columns, -rows, -rows))
            paddings = [1, (1 + rows, 1 + columns) if last else 1]
            widths, strides = [x.shape[1], narrow if last else x.shape[1]], (1, 2 if last else 1)
            x = self.block(name, self.transposed, x, widths, strides, paddings, pooled if last else None)
            if (i, last) != (0, True):
                x = self.activation(name, x)
        scale, bias = [self.get(f"gen.output.{name}", x.shape[1]).view(1, -1, 1, 1) for name in ("scale", "bias")]
        return torch.sigmoid(scale * x + bias)
