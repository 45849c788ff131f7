#!/usr/bin/env python3
"""Writes tests/golden/*.json: what PyTorch computes, in double precision, for every kind of network and training step.

PyTorch is needed for this script only, never for tests; all files take some minutes:

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python scripts/golden.py [NAME ...]

The committed files were made with torch 2.15.0 on a CPU; another version or another CPU changes the last digits at most.
NAMEs are those of the files to write, by default all.

A file has `base`, settings of all its cases under the names of src/config/, and `cases`, each with its own `config`.
- gan16_{norm}.json (every loss, order and activation), gan16_adam.json, gan32.json, resnet.json: three training steps.
  `losses` are D's on real images and on fakes (of a loss of pairs: D's in all) and G's per step; `total` the norms of
  D's and of G's whole gradient per step. `parameters` has by name the norms of the three gradients that the optimiser consumed, then the norm of the
  change over all steps and its projection on a fixed direction; `state` the last two for what is no parameter.
- gan16_NAME.json of every other loss, optimiser and norm: the same with it.
- gan16_options.json, gan16_affine.json, resnet_options.json: the same with norms, learning rates and numbers of updates
  of their own for each network, with averaged weights (`average`: the change of G's averaged parameters), with one slope
  and threshold per layer, and with scales and biases in other layers than the norm has them. Where D is updated more than
  once per step, its numbers are those of its last update.
- reconstruction.json: 50 RMSprop steps on z from zeros. `mse` after every 10 steps, `z` is the norm of the last z,
  `some_z` are eight of its values. reconstruction_average.json: the same with G's averaged parameters after three
  training steps.
- elements.safetensors: of every norm in both orders, all gradients of the first step and all tensors after three, element
  by element, in double and in single precision.
- float32_changes.json: of every training case of the other files, by tensor, the distance between the changes in single
  and in double precision, relative to the change.
- `float32` is how far PyTorch's own single precision ends up from these numbers, relatively: the largest deviation of
  the losses before any update (`before`), of the later ones (`after`), of the first gradients' norms per parameter
  (`gradients`); and of `mse` and `z`. Convolutions' biases in front of batch normalisation do not count: their exact
  gradient is 0.

Initial parameters and inputs are not stored: they follow from `numbers` in golden_networks.py, which
tests/support/formula.rs has too. Parameters, state and codes are exactly representable in f32. Networks, losses and
projections are written from the papers' formulas; gradients are autograd's and the updates are torch.optim's.
"""

import itertools
import json
import math
import struct
import sys
from pathlib import Path

import torch
from torch.nn import functional as F

from golden_networks import Gan, codes, images, is_state, norm_of, uniforms

STEPS = 3
TRAINING = {}
# Losses of pairs: of the logits that are to be the larger ones, and of the others.
PAIRS = {"rpgan": lambda larger, smaller: F.softplus(smaller - larger).mean()}
OUT = Path(__file__).resolve().parent.parent / "tests" / "golden"
NORMS, LOSSES = ("weight", "none", "batch", "weight-affine", "spectral"), ("bce", "ls", "hinge")
ORDERS, ACTIVATIONS = ("alternating", "simultaneous"), ("relu", "trelu", "prelu", "tprelu")

RMSPROP = {"optimiser": "rmsprop", "lr": 1e-4, "decay": 0.9, "eps": 1e-6, "warmup": 0}
ADAM = {"optimiser": "adam", "lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "eps": 1e-6, "warmup": 0}
SGD = {"optimiser": "sgd", "lr": 1e-2, "momentum": 0.9, "eps": 1e-6, "warmup": 0}
GAN16 = {"net": "dcgan", "width": 16, "height": 16, "channels": 1, "code_size": 32, "nfeature": 16, "nlayer": 2,
         "batch_size": 16, "activation": "auto", "loss": "bce"}
GAN32 = {**GAN16, "width": 32, "height": 32, "channels": 3, "code_size": 128, "nfeature": 64, "nlayer": 3,
         "batch_size": 32}
# 18 -> 10 with padding 2, 10 -> 5 on the last level with padding 1 although 10 % 4 = 2.
RESNET = {**GAN16, "net": "resnet", "width": 18, "channels": 3, "code_size": 8, "nfeature": 4, "nblock": 2,
          "batch_size": 4}
# As gan16, with few enough parameters to store them all.
TINY16 = {**GAN16, "code_size": 8, "nfeature": 4}


# Training and reconstruction.


def loss_of(config, logits, who):
    """`who` is "real" or "fake" for D's losses, "generator" for G's."""
    if config["loss"] == "hinge":
        return {"real": F.relu(1 - logits), "fake": F.relu(1 + logits), "generator": -logits}[who].mean()
    truth = torch.full_like(logits, float(who != "fake"))
    if config["loss"] == "ls":
        return F.mse_loss(torch.sigmoid(logits), truth)
    return F.binary_cross_entropy_with_logits(logits, truth)


def reads_pairs(config):
    """Whether the loss is one of pairs of a real and a fake image."""
    return config["loss"] in PAIRS


def d_losses(config, of_real, of_fake):
    """What D's loss is the sum of, from its logits."""
    if reads_pairs(config):
        return [PAIRS[config["loss"]](of_real, of_fake)]
    return [loss_of(config, of_real, "real"), loss_of(config, of_fake, "fake")]


def g_loss_of(config, of_real, of_fake):
    return PAIRS[config["loss"]](of_fake, of_real) if reads_pairs(config) else loss_of(config, of_fake, "generator")


def optimiser_of(config, values, lr):
    if config["optimiser"] == "adam":
        return torch.optim.Adam(values, lr=lr, betas=(config["beta1"], config["beta2"]), eps=config["eps"])
    if config["optimiser"] == "sgd":
        return torch.optim.SGD(values, lr=lr, momentum=config["momentum"])
    return torch.optim.RMSprop(values, lr=lr, alpha=config["decay"], eps=config["eps"])


def gradients(gan, loss, prefix, retain=False):
    names = gan.names(prefix)
    return dict(zip(names, torch.autograd.grad(loss, [gan.p[name] for name in names], retain_graph=retain)))


@torch.no_grad()
def update(gan, optimiser, grads):
    """One update; then slopes and forced weights are projected, and spectral normalisation does one power iteration."""
    prefix = next(iter(grads))[:4]
    spectral = [name for name in gan.p if name.startswith(prefix) and name.endswith("weight_v")]
    us = [F.normalize(gan.p[name[:-2]].flatten(1) @ F.normalize(gan.p[name], dim=0), dim=0) for name in spectral]
    for name, grad in grads.items():
        gan.p[name].grad = grad
    optimiser.step()
    for name in grads:
        if name.endswith("prelu.weight"):
            gan.p[name].clamp_(0, 1)
        if name in gan.units:
            gan.p[name].copy_(gan.units[name](gan.p[name]))
    for name, u in zip(spectral, us):
        gan.p[name].copy_(u @ gan.p[name[:-2]].flatten(1))


def train(config, dtype):
    """Losses and gradients (D's and G's) of every step, and the networks after the last one."""
    gan, steps = Gan(config, dtype), []
    gan.average = {name: gan.p[name].detach().clone() for name in gan.names("gen.")}
    lr = lambda side: config.get(f"lr_{side[0]}", 0) or config["lr"]
    of_side = lambda side: optimiser_of(config, [gan.p[name] for name in gan.names(side)], lr(side))
    optimiser = {side: of_side(side) for side in ("gen.", "dis.")}
    alternating, n_dis, ema = config["order"] == "alternating", config.get("n_dis", 1), config.get("ema", 0)
    for t in range(STEPS):
        z_g = codes(config, f"z_g.{t}").to(dtype)
        for u in range(t * n_dis, (t + 1) * n_dis):
            real = images(config, f"real.{u}").to(dtype)
            z_d = codes(config, f"z_d.{u}").to(dtype) if alternating else z_g
            fake = gan.generator(z_d)
            of_real, of_fake = gan.discriminator(real), gan.discriminator(fake)
            of_d = d_losses(config, of_real, of_fake)
            d_grads = gradients(gan, sum(of_d), "dis.", retain=True)
            if alternating:
                update(gan, optimiser["dis."], d_grads)
        if alternating:
            of_real = gan.discriminator(real) if reads_pairs(config) else of_real
            of_fake = gan.discriminator(gan.generator(z_g))
        g_loss = g_loss_of(config, of_real, of_fake)
        g_grads = gradients(gan, g_loss, "gen.")
        if not alternating:
            update(gan, optimiser["dis."], d_grads)
        update(gan, optimiser["gen."], g_grads)
        with torch.no_grad():
            for name, average in gan.average.items():
                average.copy_(ema * average + (1 - ema) * gan.p[name])
        losses = [loss.item() for loss in (*of_d, g_loss)]
        steps.append((losses, [{name: g.double() for name, g in grads.items()} for grads in (d_grads, g_grads)]))
    return steps, gan


def total(grads):
    return math.sqrt(sum(grad.square().sum().item() for grad in grads.values()))


def deviation(pairs):
    # What is exactly 0 in double precision must be so in single: the gradient of D's last bias within both hinges.
    off = lambda single, double: 0.0 if single == double else abs(single - double) / abs(double)
    return max((off(single, double) for single, double in pairs), default=0.0)


def vanishes(config, name):
    """Whether what is found as the gradient of `name` is rounding: of a channel's bias in front of batch normalisation, and
    of the bias of D's logit in a loss of pairs."""
    if reads_pairs(config) and name == "dis.final.conv.bias":
        return True
    ends = ("gen.level.0.conv.bias", "dis.level.0.conv.bias", "dis.final.conv.bias")
    return norm_of(config, name) == "batch" and name.endswith(".conv.bias") and name not in ends


def training_case(config):
    steps, gan = train(config, torch.float64)
    merged = [{**d_grads, **g_grads} for _, (d_grads, g_grads) in steps]
    parameters, state = {}, {}

    def change(name, value):
        change = (value.detach() - gan.start[name]).flatten()
        return [change.norm().item(), change.dot(uniforms(f"{name}.direction", change.numel())).item()]

    for name, value in sorted(gan.p.items()):
        if is_state(name):
            state[name] = change(name, value)
        else:
            parameters[name] = [grads[name].norm().item() for grads in merged] + change(name, value)
    average = {"average": {name: change(name, gan.average[name]) for name in sorted(gan.average)}}
    average = average if "ema" in config else {}
    singles, _ = train(config, torch.float32)
    losses = lambda steps: [loss for values, _ in steps for loss in values]
    pairs = list(zip(losses(singles), losses(steps)))
    # How many losses come before any update.
    of_step = len(steps[0][0])
    first = of_step if config["order"] == "simultaneous" else of_step - 1 if config.get("n_dis", 1) == 1 else 0
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
        **average,
        "float32": float32,
    }


def reconstruct(config, dtype):
    gan = Gan(config, dtype, at_kinks=True)
    if "ema" in config:
        _, gan = train(config, dtype)
        gan.p.update(gan.average)
    target = images(config, "target").to(dtype)
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


def float32_changes(base, configs):
    """Of every case and tensor, how far single precision's change over all steps is from double's, relatively."""
    of_case = []
    for config in configs:
        (_, double), (_, single) = (train({**base, **config}, dtype) for dtype in (torch.float64, torch.float32))
        change = lambda gan, name: gan.p[name].detach().double() - double.start[name]
        names = [name for name in sorted(double.p) if not vanishes({**base, **config}, name)]
        both = {name: [change(gan, name) for gan in (single, double)] for name in names}
        off = {name: ((s - d).norm() / d.norm()).item() if (s != d).any() else 0.0 for name, (s, d) in both.items()}
        of_case.append({name: float(f"{value:.3g}") for name, value in off.items()})
    return of_case


def elements():
    """Tensors of the cases by CASE/gradient/NAME and CASE/after/NAME, in single precision with a 32 behind the word."""
    base, cases, tensors = {**TINY16, **RMSPROP}, product(norm=NORMS, order=ORDERS), {}
    for config in cases:
        for suffix, dtype in (("", torch.float64), ("32", torch.float32)):
            steps, gan = train({**base, **config}, dtype)
            _, (d_grads, g_grads) = steps[0]
            found = {"gradient": {**d_grads, **g_grads}, "after": gan.p}
            for what, values in found.items():
                for name, value in values.items():
                    key = f"{config['norm']}.{config['order']}/{what}{suffix}/{name}"
                    tensors[key] = value.detach().to(dtype)
    return {"torch": torch.__version__.split("+")[0], "base": json.dumps(base), "cases": json.dumps(cases)}, tensors


def write_elements(path, metadata, tensors):
    """The format of safetensors: the header's length, the header as JSON, the tensors one behind the other."""
    header, blocks, end = {"__metadata__": metadata}, [], 0
    # Doubles first, so that all are aligned.
    for name, value in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        blocks.append(value.contiguous().numpy().tobytes())
        kind = "F64" if value.dtype == torch.float64 else "F32"
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [end, end + len(blocks[-1])]}
        end += len(blocks[-1])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def rounded(content):
    """With twelve significant digits."""
    if isinstance(content, dict):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [rounded(value) for value in content]
    return float(f"{content:.12g}") if isinstance(content, float) else content


def write(stem, base, configs, case):
    if case is training_case:
        TRAINING[stem] = base, configs
    if not wanted(stem):
        return
    compact = lambda content: json.dumps(rounded(content), separators=(",", ":"))
    lines = [compact({"config": config, **case({**base, **config})}) for config in configs]
    head = f'"torch":"{torch.__version__.split("+")[0]}","base":{compact(base)}'
    (OUT / f"{stem}.json").write_text("{" + head + ',"cases":[\n' + ",\n".join(lines) + "\n]}\n")
    print(f"wrote tests/golden/{stem}.json")


def wanted(stem):
    return stem in sys.argv[1:] or len(sys.argv) == 1


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
    for network in ({**GAN32, "batch_size": 4}, RESNET):
        configs.append({**network, "norm": "weight", "statistics": "running"})
    reconstruction = {**RMSPROP, "test_steps": 50, "test_lr": 0.01}
    write("reconstruction", reconstruction, configs, reconstruction_case)

    averaged = {"ema": 0.9}
    options = [
        *product(norm_d=("weight", "spectral"), norm_g=("batch",), order=ORDERS),
        *product(norm=("batch",), norm_d=("weight-affine",), order=ORDERS),
        *product(norm=("weight", "batch"), lr_d=(4e-4,), order=ORDERS),
        *product(norm=("weight",), lr_d=(2e-4,), lr_g=(5e-5,), order=ORDERS),
        *product(norm=("weight", "batch", "spectral"), n_dis=(2, 3), order=("alternating",)),
        *product(norm=("weight",), optimiser=("adam",), beta1=(0.5,), beta2=(0.999,), n_dis=(2,), order=("alternating",)),
        *[{**averaged, **config} for config in product(norm=("weight", "batch", "spectral"), order=ORDERS)],
        {**averaged, "norm_d": "spectral", "norm_g": "batch", "lr_d": 2e-4, "n_dis": 2, "order": "alternating"},
        *product(norm=("weight", "batch"), num_parameters=("layer",), order=ORDERS),
        *product(norm=("none",), activation=("trelu",), num_parameters=("layer",), order=ORDERS),
    ]
    write("gan16_options", {**GAN16, **RMSPROP, "norm": "weight"}, options, training_case)
    affine = product(norm=("weight",), gain=("none", "all"), bias=("none", "all"), order=ORDERS)
    affine += product(norm=("weight",), gain=("last",), bias=("all",), order=ORDERS)
    affine += product(norm=("weight",), gain=("all",), bias=("auto",), order=ORDERS)
    affine += product(norm=("weight-affine",), gain=("none",), bias=("none",), order=ORDERS)
    affine += product(norm=("batch",), norm_d=("weight",), gain=("all",), bias=("none",), order=ORDERS)
    write("gan16_affine", {**TINY16, **RMSPROP}, affine, training_case)
    write("gan16_sgd", {**TINY16, **SGD}, product(norm=("weight", "none"), order=ORDERS), training_case)
    forced = [{"norm": "weight-forced", "order": order, **more} for order in ORDERS for more in ({}, {"gain": "all"})]
    write("gan16_forced", {**TINY16, **RMSPROP}, forced, training_case)
    write("gan16_pixel", {**TINY16, **RMSPROP, "norm": "pixel"}, product(order=ORDERS), training_case)
    write("gan16_rpgan", {**TINY16, **RMSPROP, "loss": "rpgan"}, product(norm=NORMS, order=ORDERS), training_case)
    resnets = [
        *product(gain=("all",), bias=("all",), num_parameters=("layer",), order=ORDERS),
        *product(gain=("none",), bias=("none",), order=ORDERS),
        {**averaged, "lr_g": 2e-4, "n_dis": 2, "order": "alternating"},
    ]
    write("resnet_options", {**RESNET, **RMSPROP, "norm": "weight"}, resnets, training_case)
    # At a learning rate at which the average is not the start.
    far = {**reconstruction, "lr": 1e-2, **averaged, "statistics": "running"}
    configs = [{**TINY16, **config} for config in product(norm=("weight", "batch"), order=ORDERS)]
    write("reconstruction_average", far, configs, reconstruction_case)
    if wanted("float32_changes"):
        lines = (f'"{stem}":{json.dumps(float32_changes(*of_file))}' for stem, of_file in TRAINING.items())
        (OUT / "float32_changes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        print("wrote tests/golden/float32_changes.json")
    if wanted("elements"):
        write_elements(OUT / "elements.safetensors", *elements())
        print("wrote tests/golden/elements.safetensors")


if __name__ == "__main__":
    main()
