"""Checks the measured training steps against the project's references: losses of three steps and what the updates did.

Double precision, on the CPU: `python check.py` from anywhere; `--compile` checks torch.compile's graph too (minutes).
"""

import argparse
import json
from pathlib import Path

import torch

from training import Training, compiled
from golden import vanishes
from golden_networks import codes, images, uniforms

GOLDEN = Path(__file__).resolve().parents[3] / "tests" / "golden"
STEPS, BOUND = 3, 1e-9


def cases():
    """The references of what is measured: the loss on logits, each norm's own activation."""
    for stem in ("gan16_weight", "gan16_none", "gan16_batch", "gan32"):
        content = json.loads((GOLDEN / f"{stem}.json").read_text())
        own = "tprelu" if content["base"]["norm"] == "weight" else "prelu"
        for case in content["cases"]:
            config = {**content["base"], **case["config"]}
            if config["loss"] == "bce" and config["activation"] in (own, "auto"):
                yield stem, config, case


def deviation(found, expected):
    return abs(found - expected) / max(abs(expected), 1e-300)


def check(config, case, wrap):
    gan = Training(config, dtype=torch.float64)
    step, worst = wrap(gan.step), 0.0
    for t in range(STEPS):
        inputs = [images(config, f"real.{t}"), codes(config, f"z_d.{t}"), codes(config, f"z_g.{t}")]
        worst = max(worst, *map(deviation, step(*inputs).tolist(), case["losses"][t]))
    for name, (*_, length, projection) in case["parameters"].items():
        if vanishes(config, name):
            continue  # Its exact gradient is 0: RMSprop moves it by the sign of rounding.
        change = (gan.p[name].detach() - gan.start[name]).flatten()
        along = change.dot(uniforms(f"{name}.direction", change.numel())).item()
        # A projection may be near zero by chance, so both are relative to the length.
        worst = max(worst, abs(change.norm().item() - length) / length, abs(along - projection) / length)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compile", action="store_true")
    torch.set_num_threads(1)
    wraps = {"eager": lambda f: f}
    if parser.parse_args().compile:
        wraps["compile"] = lambda f: compiled(f, "cpu")
    failed = 0
    for stem, config, case in cases():
        for mode, wrap in wraps.items():
            torch.compiler.reset()
            worst = check(config, case, wrap)
            failed += worst > BOUND
            print(f"{stem:<14} {config['order']:<13} {mode:<8} {worst:.1e} {'' if worst <= BOUND else 'TOO FAR'}")
    raise SystemExit(f"{failed} of the cases are further than {BOUND} from the references." if failed else 0)


if __name__ == "__main__":
    main()
