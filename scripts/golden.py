#!/usr/bin/env python3
"""Writes tests/golden/*.json: what PyTorch computes, in double precision, for every kind of network and training step.

Run from the repository root (PyTorch is needed for this script only, never for tests; it takes some minutes):

    python3 -m venv torch-venv && torch-venv/bin/pip install torch
    torch-venv/bin/python scripts/golden.py

The committed files were made with torch 2.15.0 on a CPU; another version changes the last digits at most.

A file has `base`, settings of all its cases under the names of src/config.rs, and `cases`, each with its own `config`.
- gan16_{norm}.json (every loss, order and activation), gan16_adam.json, gan32.json, resnet.json: three training steps.
  `losses` are D's on real images, D's on fakes and G's per step; `total` the norms of D's and of G's whole gradient per
  step. `parameters` has by name the norms of the three gradients that the optimiser consumed, then the norm of the
  change over all steps and its projection on a fixed direction; `state` the last two for what is no parameter.
- reconstruction.json: 50 RMSprop steps on z from zeros: `mse` after every 10 steps, `z` the norm of the last z, `some_z`.
- `float32` is how far PyTorch's own single precision ends up from these numbers, relatively: the largest deviation of
  the losses before any update (`before`), of the later ones (`after`), of the first gradients' norms per parameter
  (`gradients`); and of `mse` and `z`. Convolutions' biases in front of batch normalisation, whose exact gradient is 0, do
  not count.

Initial parameters and inputs are not stored: they follow from `numbers` below, which tests/support/golden.rs has too.
All of them are exactly representable in f32. Networks, losses and updates are written from the papers' formulas with
torch.nn.functional; gradients are autograd's and the updates are torch.optim's.
"""

import itertools
import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F

STEPS = 3
OUT = Path(__file__).resolve().parent.parent / "tests" / "golden"
MASK = 0xFFFFFFFF
NORMS, LOSSES = ("weight", "none", "batch", "weight-affine", "spectral"), ("bce", "ls", "hinge")
ORDERS, ACTIVATIONS = ("alternating", "simultaneous"), ("relu", "trelu", "prelu", "tprelu")

RMSPROP = {"optimiser": "rmsprop", "lr": 1e-4, "decay": 0.9, "eps": 1e-6, "warmup": 0}
ADAM = {"optimiser": "adam", "lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "eps": 1e-6, "warmup": 0}
GAN16 = {"net": "dcgan", "width": 16, "height": 16, "channels": 1, "code_size": 32, "nfeature": 16, "nlayer": 2,
         "batch_size": 16, "activation": "auto", "loss": "bce"}
GAN32 = {**GAN16, "width": 32, "height": 32, "channels": 3, "code_size": 128, "nfeature": 64, "nlayer": 3,
         "batch_size": 32}
# 18 -> 10 with padding 2, 10 -> 5 on the last level with padding 1 although 10 % 4 = 2.
RESNET = {**GAN16, "net": "resnet", "width": 18, "channels": 3, "code_size": 8, "nfeature": 4, "nblock": 2,
          "batch_size": 4}


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
    normalised = config["norm"] in ("weight", "weight-affine")
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

    def layer(self, kind, name, x, shape, apply, kept=0, f=1.0):
        """A linear map whose output units lie along the axis `kept` of the weight."""
        w = self.get(f"{name}.weight", *shape)
        if kind in ("strict", "affine"):
            others = [axis for axis in range(len(shape)) if axis != kept]
            w = w / torch.sqrt(f * w.square().sum(others, keepdim=True) + 1e-6)
        if kind == "spectral":
            with torch.no_grad():
                v = self.direction(f"{name}.weight", shape[0])
                u = F.normalize(w.flatten(1) @ v, dim=0, eps=1e-12)
            w = w / (u @ (w.flatten(1) @ v))
        y = apply(x, w)
        per_unit = (1, -1) + (1,) * (y.dim() - 2)
        if kind == "affine":
            y = y * self.get(f"{name}.scale", shape[kept]).view(per_unit)
        return y if kind == "strict" else y + self.get(f"{name}.bias", shape[kept]).view(per_unit)

    def linear(self, kind, x, channels, sides):
        shape = (channels * math.prod(sides), self.config["code_size"])
        return self.layer(kind, "gen.initial.linear", x, shape, F.linear).view(-1, channels, *sides)

    def conv(self, kind, name, x, units, kernel, stride=1, padding=0):
        shape = (units, x.shape[1], *kernel)
        return self.layer(kind, name, x, shape, lambda x, w: F.conv2d(x, w, stride=stride, padding=padding))

    def transposed(self, kind, name, x, units, kernel, stride=1, padding=0):
        apply = lambda x, w: F.conv_transpose2d(x, w, stride=stride, padding=padding)
        return self.layer(kind, name, x, (x.shape[1], units, *kernel), apply, kept=1, f=1 / stride**2)

    def activation(self, module, x):
        kind = self.config["activation"]
        if kind == "auto":
            kind = "tprelu" if self.config["norm"] == "weight" else "prelu"
        if kind == "relu":
            return F.relu(x)
        if kind == "prelu":
            return F.prelu(x, self.get(f"{module}.prelu.weight", x.shape[1]))
        threshold = self.get(f"{module}.{kind}.bias", x.shape[1]).view(1, -1, 1, 1)
        if kind == "trelu":
            return F.relu(x - threshold) + threshold
        return F.prelu(x - threshold, self.get(f"{module}.tprelu.weight", x.shape[1])) + threshold

    def batch_norm(self, module, x):
        if self.config["norm"] != "batch":
            return x
        get = lambda name: self.get(f"{module}.batchnorm.{name}", x.shape[1])
        weight, bias, mean, variance = [get(name) for name in ("weight", "bias", "running_mean", "running_var")]
        if self.statistics == "batch":
            mean = variance = None
        return F.batch_norm(x, mean, variance, weight, bias, training=self.statistics != "running")

    def kinds(self):
        """What becomes of weights: of inner layers, of the last one."""
        norm = self.config["norm"]
        return {"weight": ("strict", "affine"), "weight-affine": ("affine", "affine")}.get(norm, ("plain", "plain"))

    def dcgan_generator(self, z):
        (inner, last), levels, f0 = self.kinds(), self.levels(), self.config["nfeature"]
        x = self.linear(inner, z, f0 << (len(levels) - 1), levels[-1][0])
        x = self.activation("gen.initial", self.batch_norm("gen.initial", x))
        for i in range(len(levels) - 1, -1, -1):
            name, padding = f"gen.level.{i}", [1 + more for more in levels[i][1]]
            if i == 0:
                return torch.sigmoid(self.transposed(last, f"{name}.conv", x, self.config["channels"], (4, 4), 2, padding))
            x = self.transposed(inner, f"{name}.conv", x, f0 << (i - 1), (4, 4), 2, padding)
            x = self.activation(name, self.batch_norm(name, x))

    def dcgan_discriminator(self, x):
        inner, last = ("spectral", "spectral") if self.config["norm"] == "spectral" else self.kinds()
        for i, (_, extra) in enumerate(self.levels()):
            name, padding = f"dis.level.{i}", [1 + more for more in extra]
            x = self.conv(inner, f"{name}.conv", x, self.config["nfeature"] << i, (4, 4), 2, padding)
            x = self.activation(name, self.batch_norm(name, x) if i > 0 else x)
        return self.conv(last, "dis.final.conv", x, 1, x.shape[2:])

    def width(self, i):
        return self.config["nfeature"] * max(1, 2 * i)

    def block(self, name, conv, x, widths, strides, paddings, pooled):
        """A residual block up to its addition: two maps of the given widths, strides and paddings; the shortcut is
        `pooled` where the image changes its size."""
        y = x
        for k in (0, 1):
            kernel = (strides[k] + 2,) * 2
            y = conv("strict", f"{name}.residue.{k}.conv", y, widths[k], kernel, strides[k], paddings[k])
            y = self.activation(f"{name}.residue.0", y) if k == 0 else y
        short = lambda s: conv("strict", f"{name}.shortcut.conv", s, widths[1], (1, 1)) if s.shape[1] != widths[1] else s
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
        return self.conv("affine", "dis.final.conv", x, 1, x.shape[2:])

    def resnet_generator(self, z):
        levels, nblock = self.levels(), self.config["nblock"]
        x = self.linear("affine", z, self.width(len(levels) - 1), levels[-1][0])
        x = F.prelu(x, self.get("gen.initial.prelu.weight", x.shape[1]))
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


# Training and reconstruction.


def loss_of(config, logits, who):
    """`who` is "real" or "fake" for D's losses, "generator" for G's."""
    if config["loss"] == "hinge":
        return {"real": F.relu(1 - logits), "fake": F.relu(1 + logits), "generator": -logits}[who].mean()
    truth = torch.full_like(logits, float(who != "fake"))
    if config["loss"] == "ls":
        return F.mse_loss(torch.sigmoid(logits), truth)
    return F.binary_cross_entropy_with_logits(logits, truth)


def optimiser_of(config, values):
    if config["optimiser"] == "adam":
        return torch.optim.Adam(values, lr=config["lr"], betas=(config["beta1"], config["beta2"]), eps=config["eps"])
    return torch.optim.RMSprop(values, lr=config["lr"], alpha=config["decay"], eps=config["eps"])


def gradients(gan, loss, prefix, retain=False):
    names = gan.names(prefix)
    return dict(zip(names, torch.autograd.grad(loss, [gan.p[name] for name in names], retain_graph=retain)))


@torch.no_grad()
def update(gan, optimiser, grads):
    """One update; then slopes are projected, and spectral normalisation does one power iteration."""
    prefix = next(iter(grads))[:4]
    spectral = [name for name in gan.p if name.startswith(prefix) and name.endswith("weight_v")]
    us = [F.normalize(gan.p[name[:-2]].flatten(1) @ F.normalize(gan.p[name], dim=0), dim=0) for name in spectral]
    for name, grad in grads.items():
        gan.p[name].grad = grad
    optimiser.step()
    for name in grads:
        if name.endswith("prelu.weight"):
            gan.p[name].clamp_(0, 1)
    for name, u in zip(spectral, us):
        gan.p[name].copy_(u @ gan.p[name[:-2]].flatten(1))


def train(config, dtype):
    """Losses and gradients (D's and G's) of every step, and the networks after the last one."""
    gan, steps = Gan(config, dtype), []
    optimiser = {side: optimiser_of(config, [gan.p[name] for name in gan.names(side)]) for side in ("gen.", "dis.")}
    alternating = config["order"] == "alternating"
    for t in range(STEPS):
        real, z_g = images(config, f"real.{t}").to(dtype), codes(config, f"z_g.{t}").to(dtype)
        z_d = codes(config, f"z_d.{t}").to(dtype) if alternating else z_g
        fake = gan.generator(z_d)
        d_loss_real = loss_of(config, gan.discriminator(real), "real")
        of_fake = gan.discriminator(fake)
        d_loss_fake = loss_of(config, of_fake, "fake")
        d_grads = gradients(gan, d_loss_real + d_loss_fake, "dis.", retain=True)
        if alternating:
            update(gan, optimiser["dis."], d_grads)
            of_fake = gan.discriminator(gan.generator(z_g))
        g_loss = loss_of(config, of_fake, "generator")
        g_grads = gradients(gan, g_loss, "gen.")
        if not alternating:
            update(gan, optimiser["dis."], d_grads)
        update(gan, optimiser["gen."], g_grads)
        losses = [loss.item() for loss in (d_loss_real, d_loss_fake, g_loss)]
        steps.append((losses, [{name: g.double() for name, g in grads.items()} for grads in (d_grads, g_grads)]))
    return steps, gan


def total(grads):
    return math.sqrt(sum(grad.square().sum().item() for grad in grads.values()))


def deviation(pairs):
    # What is exactly 0 in double precision must be so in single: the gradient of D's last bias within both hinges.
    return max(0.0 if single == double else abs(single - double) / abs(double) for single, double in pairs)


def vanishes(config, name):
    """Whether `name` is a channel's bias in front of batch normalisation: what is found as its gradient is rounding."""
    ends = ("gen.level.0.conv.bias", "dis.level.0.conv.bias", "dis.final.conv.bias")
    return config["norm"] == "batch" and name.endswith(".conv.bias") and name not in ends


def training_case(config):
    steps, gan = train(config, torch.float64)
    merged = [{**d_grads, **g_grads} for _, (d_grads, g_grads) in steps]
    parameters, state = {}, {}
    for name, value in sorted(gan.p.items()):
        change = (value.detach() - gan.start[name]).flatten()
        moved = [change.norm().item(), change.dot(uniforms(f"{name}.direction", change.numel())).item()]
        if is_state(name):
            state[name] = moved
        else:
            parameters[name] = [grads[name].norm().item() for grads in merged] + moved
    singles, _ = train(config, torch.float32)
    losses = lambda steps: [loss for values, _ in steps for loss in values]
    pairs = list(zip(losses(singles), losses(steps)))
    first = 2 if config["order"] == "alternating" else 3
    norms = [
        (single[name].norm().item(), grad.norm().item())
        for single, double in zip(singles[0][1], steps[0][1])
        for name, grad in double.items()
        if not vanishes(config, name)
    ]
    float32 = {"before": deviation(pairs[:first]), "after": deviation(pairs[first:]), "gradients": deviation(norms)}
    return {
        "losses": [values for values, _ in steps],
        "total": [[total(grads) for grads in both] for _, both in steps],
        "parameters": parameters,
        "state": state,
        "float32": float32,
    }


def reconstruct(config, dtype):
    gan, target = Gan(config, dtype, at_kinks=True), images(config, "target").to(dtype)
    gan.statistics = config["statistics"]
    z = torch.zeros(config["batch_size"], config["code_size"], dtype=dtype, requires_grad=True)
    optimiser = torch.optim.RMSprop([z], lr=config["test_lr"], alpha=config["decay"], eps=config["eps"])
    mse = []
    for t in range(config["test_steps"] + 1):
        loss = F.mse_loss(gan.generator(z), target)
        if t % 10 == 0:
            mse.append(loss.item())
        if t < config["test_steps"]:
            (z.grad,) = torch.autograd.grad(loss, [z])
            optimiser.step()
    return mse, z.detach().double()


def reconstruction_case(config):
    (mse, z), (mse_single, z_single) = reconstruct(config, torch.float64), reconstruct(config, torch.float32)
    some = [z.flatten()[i * (z.numel() - 1) // 7].item() for i in range(8)]
    float32 = {"mse": deviation(zip(mse_single, mse)), "z": ((z_single - z).norm() / z.norm()).item()}
    return {"mse": mse, "z": z.norm().item(), "some_z": some, "float32": float32}


def rounded(content):
    """With twelve significant digits."""
    if isinstance(content, dict):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [rounded(value) for value in content]
    return float(f"{content:.12g}") if isinstance(content, float) else content


def write(stem, base, configs, case):
    lines = [json.dumps(rounded({"config": config, **case({**base, **config})}), separators=(",", ":")) for config in configs]
    head = f'"torch":"{torch.__version__.split("+")[0]}","base":{json.dumps(base, separators=(",", ":"))}'
    (OUT / f"{stem}.json").write_text("{" + head + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n")
    print(f"wrote tests/golden/{stem}.json")


def product(**choices):
    return [dict(zip(choices, values)) for values in itertools.product(*choices.values())]


def main():
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    every = product(loss=LOSSES, order=ORDERS, activation=ACTIVATIONS)
    for norm in NORMS:
        write(f"gan16_{norm}", {**GAN16, **RMSPROP, "norm": norm}, every, training_case)
    write("gan16_adam", {**GAN16, **ADAM}, product(norm=("weight", "none"), order=ORDERS), training_case)
    write("gan32", {**GAN32, **RMSPROP, "norm": "weight"}, product(order=ORDERS), training_case)
    write("resnet", {**RESNET, **RMSPROP, "norm": "weight"}, product(order=ORDERS), training_case)
    configs = [{**GAN16, "norm": norm, "statistics": "running"} for norm in NORMS]
    configs.append({**GAN16, "norm": "batch", "statistics": "batch"})
    configs += [{**network, "norm": "weight", "statistics": "running"} for network in ({**GAN32, "batch_size": 4}, RESNET)]
    write("reconstruction", {**RMSPROP, "test_steps": 50, "test_lr": 0.01}, configs, reconstruction_case)


if __name__ == "__main__":
    main()
