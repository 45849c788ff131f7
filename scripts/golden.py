#!/usr/bin/env python3
"""Writes tests/golden/*.json: what PyTorch computes, in double precision, for the workload gan16.

Run from the repository root (PyTorch is needed for this script only, never for tests):

    python3 -m venv torch-venv && torch-venv/bin/pip install torch
    torch-venv/bin/python scripts/golden.py

The committed files were made with torch 2.15.0 on a CPU; another version changes the last digits at most.

What is in the files
- gan16_{norm}_{order}.json: three training steps (RMSprop with lr 1e-4, decay 0.9, eps 1e-6; batches of 16). Per step
  the losses and the norm of every gradient that the optimiser consumed; at the end, per parameter, the norm of its
  change, the projection of that change on a fixed direction, and a few of its values.
- gan16_{norm}_reconstruction.json: 50 RMSprop steps (lr 0.01) on z from zeros to 16 targets: the mean squared error
  after every 10 steps, the norm of the last z and a few of its values.

Initial parameters and inputs are not stored: they follow from `number` below, which tests/support/golden.rs has too.
All of them are exactly representable in f32. Networks, losses and updates are written from the paper's formulas with
torch.nn.functional; gradients are autograd's and the updates are torch.optim's.
"""

import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F

SIDE, CHANNELS, BATCH, CODE, WIDTH = 16, 1, 16, 32, 16
STEPS, LR = 3, 1e-4
TEST_STEPS, TEST_LR = 50, 0.01
RMSPROP = {"alpha": 0.9, "eps": 1e-6}
OUT = Path(__file__).resolve().parent.parent / "tests" / "golden"
MASK = 0xFFFFFFFF


# The formula for parameters and inputs.


def number(name, index):
    """Word `index` of the stream `name`: a 32-bit hash, seeded by the FNV-1a hash of the name."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & MASK
    x = (seed + index * 0x9E3779B9) & MASK
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & MASK
    return x ^ (x >> 16)


def uniform(name, index):
    """A number in [-1, 1) on a grid of 2^-20."""
    return (number(name, index) >> 11) / 2**20 - 1.0


def tensor(shape, values):
    return torch.tensor(list(values), dtype=torch.float64).reshape(shape)


def parameter(name, shape, norm, at_kinks):
    """Weights of the usual size; all else spread around its initial value, or exactly there with `at_kinks`."""
    u = [uniform(name, i) for i in range(math.prod(shape))]
    if name.endswith("prelu.weight"):
        values = [0.25 if at_kinks else min(max(0.5 + x, 0.0), 1.0) for x in u]
    elif name.endswith(".scale"):
        values = [1.0 if at_kinks else 1.0 + x / 8 for x in u]
    elif name.endswith(".bias"):
        values = [0.0 if at_kinks else x / 8 for x in u]
    else:
        small = 0.01 if norm == "weight" and name == "gen.initial.linear.weight" else 1.0
        bound = small / math.sqrt(math.prod(shape[1:]))
        return tensor(shape, [x * bound for x in u]).float().double()
    return tensor(shape, values)


def images(name):
    """Every pixel one byte."""
    shape = (BATCH, CHANNELS, SIDE, SIDE)
    return tensor(shape, [(number(name, i) >> 24) / 255 for i in range(math.prod(shape))])


def codes(name):
    """Sums of three uniform numbers: variance 1, exact in f32."""
    u = [sum(uniform(name, 3 * i + j) for j in range(3)) for i in range(BATCH * CODE)]
    return tensor((BATCH, CODE), u)


# The two networks of gan16.


def shapes(norm):
    """Shape of every parameter of both networks by its name."""
    weights = {
        "gen.initial.linear": (2 * WIDTH * 4 * 4, CODE),
        "gen.level.1.conv": (2 * WIDTH, WIDTH, 4, 4),
        "gen.level.0.conv": (WIDTH, CHANNELS, 4, 4),
        "dis.level.0.conv": (WIDTH, CHANNELS, 4, 4),
        "dis.level.1.conv": (2 * WIDTH, WIDTH, 4, 4),
        "dis.final.conv": (1, 2 * WIDTH, 4, 4),
    }
    outputs = {"gen.initial.linear": 512, "gen.level.1.conv": WIDTH, "gen.level.0.conv": CHANNELS}
    channels = {"gen.initial": 2 * WIDTH, "gen.level.1": WIDTH, "dis.level.0": WIDTH, "dis.level.1": 2 * WIDTH}
    result = {f"{name}.weight": shape for name, shape in weights.items()}
    for name, shape in weights.items():
        units = (outputs.get(name, shape[0]),)
        affine = name in ("gen.level.0.conv", "dis.final.conv")
        if norm == "none" or affine:
            result[f"{name}.bias"] = units
        if norm == "weight" and affine:
            result[f"{name}.scale"] = units
    for module, count in channels.items():
        if norm == "weight":
            result[f"{module}.tprelu.weight"] = (count,)
            result[f"{module}.tprelu.bias"] = (count,)
        else:
            result[f"{module}.prelu.weight"] = (count,)
    return result


def effective(p, norm, name, kept=0, f=1.0):
    """The weight as it is, or divided by the norm of every output unit; the units lie along the axis `kept`."""
    v = p[f"{name}.weight"]
    if norm == "none":
        return v
    others = [axis for axis in range(v.dim()) if axis != kept]
    return v / torch.sqrt(f * v.square().sum(others, keepdim=True) + 1e-6)


def affine(p, name, y):
    """Scale and bias per unit, where the layer has them."""
    per_unit = (1, -1) + (1,) * (y.dim() - 2)
    if f"{name}.scale" in p:
        y = y * p[f"{name}.scale"].view(per_unit)
    if f"{name}.bias" in p:
        y = y + p[f"{name}.bias"].view(per_unit)
    return y


def activation(p, module, y):
    """PReLU, or TPReLU as PReLU around a threshold."""
    if f"{module}.prelu.weight" in p:
        return F.prelu(y, p[f"{module}.prelu.weight"])
    threshold = p[f"{module}.tprelu.bias"].view(1, -1, 1, 1)
    return F.prelu(y - threshold, p[f"{module}.tprelu.weight"]) + threshold


def generator(p, norm, z):
    x = affine(p, "gen.initial.linear", F.linear(z, effective(p, norm, "gen.initial.linear")))
    x = activation(p, "gen.initial", x.view(-1, 2 * WIDTH, 4, 4))
    for level in (1, 0):
        name = f"gen.level.{level}.conv"
        x = F.conv_transpose2d(x, effective(p, norm, name, kept=1, f=1 / 4), stride=2, padding=1)
        x = affine(p, name, x)
        x = activation(p, "gen.level.1", x) if level == 1 else torch.sigmoid(x)
    return x


def discriminator(p, norm, x):
    for level in (0, 1):
        name = f"dis.level.{level}.conv"
        x = affine(p, name, F.conv2d(x, effective(p, norm, name), stride=2, padding=1))
        x = activation(p, f"dis.level.{level}", x)
    return affine(p, "dis.final.conv", F.conv2d(x, effective(p, norm, "dis.final.conv"))).flatten()


# Training and reconstruction.


def bce(logits, real):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def gradients(loss, p, prefix):
    names = [name for name in p if name.startswith(prefix)]
    return dict(zip(names, torch.autograd.grad(loss, [p[name] for name in names])))


def update(optimiser, p, grads):
    for name, grad in grads.items():
        p[name].grad = grad
    optimiser.step()
    with torch.no_grad():
        for name in grads:
            if name.endswith("prelu.weight"):
                p[name].clamp_(0, 1)


def start(norm, at_kinks):
    return {name: parameter(name, shape, norm, at_kinks) for name, shape in shapes(norm).items()}


def some(t):
    """Eight values spread over a tensor."""
    flat = t.detach().flatten()
    return [flat[i * (flat.numel() - 1) // 7].item() for i in range(8)]


def train(norm, order):
    p = {name: value.requires_grad_() for name, value in start(norm, at_kinks=False).items()}
    side = {prefix: [value for name, value in p.items() if name.startswith(prefix)] for prefix in ("gen.", "dis.")}
    optimiser = {prefix: torch.optim.RMSprop(values, lr=LR, **RMSPROP) for prefix, values in side.items()}
    steps = []
    for t in range(STEPS):
        real, z_g = images(f"real.{t}"), codes(f"z_g.{t}")
        z_d = z_g if order == "simultaneous" else codes(f"z_d.{t}")
        d_loss_real = bce(discriminator(p, norm, real), real=True)
        d_loss_fake = bce(discriminator(p, norm, generator(p, norm, z_d).detach()), real=False)
        d_grads = gradients(d_loss_real + d_loss_fake, p, "dis.")
        if order == "alternating":
            update(optimiser["dis."], p, d_grads)
        g_loss = bce(discriminator(p, norm, generator(p, norm, z_g)), real=True)
        g_grads = gradients(g_loss, p, "gen.")
        if order == "simultaneous":
            update(optimiser["dis."], p, d_grads)
        update(optimiser["gen."], p, g_grads)
        losses = {"d_loss_real": d_loss_real.item(), "d_loss_fake": d_loss_fake.item(), "g_loss": g_loss.item()}
        norms = {name: grad.norm().item() for name, grad in sorted({**d_grads, **g_grads}.items())}
        steps.append({**losses, "grad_norms": norms})
    final = {}
    for name, before in sorted(start(norm, at_kinks=False).items()):
        change = (p[name].detach() - before).flatten()
        direction = tensor(change.shape, [uniform(f"{name}.direction", i) for i in range(change.numel())])
        final[name] = {"change": change.norm().item(), "along": change.dot(direction).item(), "some": some(p[name])}
    return {"norm": norm, "order": order, "lr": LR, "steps": steps, "parameters": final}


def reconstruct(norm):
    p, target = start(norm, at_kinks=True), images("target")
    z = torch.zeros(BATCH, CODE, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.RMSprop([z], lr=TEST_LR, **RMSPROP)
    mse = []
    for t in range(TEST_STEPS + 1):
        loss = F.mse_loss(generator(p, norm, z), target)
        if t % 10 == 0:
            mse.append(loss.item())
        if t < TEST_STEPS:
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return {"norm": norm, "lr": TEST_LR, "steps": TEST_STEPS, "mse": mse, "z": z.norm().item(), "some_z": some(z)}


def write(name, content):
    text = json.dumps({"torch": torch.__version__.split("+")[0], **content}, indent=1)
    (OUT / f"{name}.json").write_text(text + "\n")
    print(f"wrote tests/golden/{name}.json")


def main():
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    for norm in ("weight", "none"):
        for order in ("alternating", "simultaneous"):
            write(f"gan16_{norm}_{order}", train(norm, order))
        write(f"gan16_{norm}_reconstruction", reconstruct(norm))


if __name__ == "__main__":
    main()
