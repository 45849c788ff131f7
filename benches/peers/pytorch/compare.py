"""Measures `wngan bench` and PyTorch in turn and prints how they compare; run.sh calls it.

Every measurement is also written as one line of JSON to --out, as soon as it is there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from itertools import product
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOFTWARE = ("llvmpipe", "swiftshader", "lavapipe", "software")
KEY = ("workload", "norm", "order", "batch")
BATCHES = {"gan16": 16}  # All other workloads: 32.


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wngan", required=True, help="the program to compare with")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="where PyTorch computes")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a measurement; less than 10 is for trying out")
    parser.add_argument("--rounds", type=int, default=1, help="how often everything is measured in turn")
    parser.add_argument("--workloads", nargs="*", default=["gan16", "gan32", "gan64", "gan160"])
    parser.add_argument("--norms", nargs="+", default=["weight"], help="weight, none, batch")
    parser.add_argument("--orders", nargs="+", default=["alternating"], help="alternating, simultaneous")
    parser.add_argument("--variants", nargs="*",
                        help="of PyTorch: MODE or MODE:FLAG, a mode of bench.py and the flag nchw, channels_last, tf32 or "
                             "one_thread")
    parser.add_argument("--wngan_devices", nargs="+", default=[""],
                        help="values of WNGAN_DEVICE; ratios are against the first, by default what wngan takes by itself")
    parser.add_argument("--own", nargs="*", default=["none/alternating", "weight/simultaneous"],
                        help="NORM/ORDER that gan32 is measured in by wngan alone")
    parser.add_argument("--batch_sizes", nargs="*", type=int, default=[32, 64, 128, 256],
                        help="of gan32, by wngan alone")
    parser.add_argument("--out", type=Path, default=Path("runs/peers/pytorch.jsonl"))
    args = parser.parse_args()
    if args.variants is None:
        graphs = ["cudagraphs", "cudagraphs:nchw", "cudagraphs:tf32"] if args.device == "cuda" else []
        args.variants = ["eager", "compile", *graphs]
    return args


# Measuring.


def printed_object(command, device=""):
    """The JSON object that `command` prints, with WNGAN_DEVICE set if one is named. None, and why, where it prints none."""
    environment = {**os.environ, "WNGAN_DEVICE": device} if device else None
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode == 0 and lines:
        return json.loads(lines[-1]), None
    said = (done.stderr or done.stdout).strip().splitlines()
    return None, said[-1] if said else f"exit status {done.returncode}"


def wngan(args, workload, norm, order, batch=None, seconds=None, device=None):
    seconds = args.seconds if seconds is None else seconds
    device = args.wngan_devices[0] if device is None else device
    words = ["--workload", workload, "--norm", norm, "--order", order, "--seconds", seconds, "--json"]
    words += ["--batch_size", batch] if batch else []
    labels = {"program": "wngan", "device": device, "batch": batch or BATCHES.get(workload, 32)}
    return labels, [args.wngan, "bench", *map(str, words)]


def pytorch(args, variant, workload, norm, order):
    mode, _, flag = variant.partition(":")
    words = ["--workload", workload, "--norm", norm, "--order", order, "--seconds", args.seconds]
    words += ["--device", args.device, "--mode", mode]
    words += {"": [], "tf32": ["--tf32"], "one_thread": ["--threads", 1]}.get(flag, ["--layout", flag])
    return {"variant": variant}, [sys.executable, str(HERE / "bench.py"), *map(str, words)]


def plan(args):
    """Every measurement of one round, what belongs together side by side."""
    for cell in product(args.workloads, args.norms, args.orders):
        for device in args.wngan_devices:
            yield wngan(args, *cell, device=device)
        for variant in args.variants:
            yield pytorch(args, variant, *cell)
    for cell in args.own:
        yield wngan(args, "gan32", *cell.split("/"))
    for batch in args.batch_sizes:
        yield wngan(args, "gan32", "weight", "alternating", batch)


def refuse_what_is_missing(args):
    try:
        import torch
    except ImportError:
        raise SystemExit("PyTorch is not installed for this Python; set PYTHON to one that has it.")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("PyTorch sees no CUDA device here; --device cpu measures the CPU instead.")
    labels, command = wngan(args, "gan16", "weight", "alternating", seconds=0.1)
    try:
        found, why = printed_object(command, labels["device"])
    except OSError as error:
        raise SystemExit(f"{args.wngan} does not start: {error.strerror}.")
    if not found:
        raise SystemExit(f"wngan bench fails here: {why}")
    if args.device == "cuda" and any(word in found["adapter"].lower() for word in SOFTWARE):
        raise SystemExit(f"wngan finds only the software adapter {found['adapter']}: the GPU's Vulkan driver is missing.")


def measure(args):
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    with args.out.open("a") as out:
        for _ in range(args.rounds):
            for labels, command in plan(args):
                name = " ".join(command[1:])
                found, why = printed_object(command, labels.get("device", ""))
                if not found:
                    print(f"failed: {name}: {why}", file=sys.stderr, flush=True)
                    continue
                rows.append({**found, **labels})
                out.write(json.dumps(rows[-1]) + "\n")
                out.flush()
                print(f"{found['step_ms_median']:10.3f} ms  {name}", file=sys.stderr, flush=True)
    return rows


# Reporting.


def name_of(row):
    if row["program"] == "wngan":
        return f"wngan {row['device']}".strip()
    return f"PyTorch {row['variant']}"


def grouped(rows):
    """Rows of all rounds by what was measured, then by program: the median of the rounds' medians, and the extremes."""
    cells = {}
    for row in rows:
        cells.setdefault(tuple(row[key] for key in KEY), {}).setdefault(name_of(row), []).append(row)
    for cell in cells.values():
        for name, rounds in cell.items():
            cell[name] = {
                **rounds[0],
                "ms": statistics.median(row["step_ms_median"] for row in rounds),
                "min": min(row["step_ms_min"] for row in rounds),
                "max": max(row["step_ms_max"] for row in rounds),
                "finite": all(row["losses_finite"] for row in rounds),
            }
    return cells


def report(cells):
    print(f"\n{'':<34}{'program':<30}{'ms per step':>12}{'min':>10}{'max':>10}{'GFLOP/s':>10}{'time / wngan':>14}")
    for (workload, norm, order, batch), cell in cells.items():
        own = next((row for name, row in cell.items() if name.startswith("wngan")), None)
        title = f"{workload} {norm} {order} {batch}"
        for name, row in cell.items():
            ratio = f"{row['ms'] / own['ms']:14.2f}" if own else " " * 14
            speed = row["gflop_per_step"] / (row["ms"] / 1000)
            remark = "" if row["finite"] else "  losses are no numbers"
            if own and abs(row["gflop_per_step"] / own["gflop_per_step"] - 1) > 1e-6:
                remark += "  counts other work than wngan"
            times = f"{row['ms']:>12.3f}{row['min']:>10.3f}{row['max']:>10.3f}"
            print(f"{title:<34}{name:<30}{times}{speed:>10.1f}{ratio}{remark}")
            title = ""
    print("\ntime / wngan above 1: wngan is that many times faster.")
    if any(row.get("tf32") for cell in cells.values() for row in cell.values()):
        print("Rows with tf32 round the factors of products to 10 bits; all others compute in f32.")


def report_own(cells):
    """What only wngan is asked: the cost of normalising, the gain of one backward pass, and the cost of an image."""
    def ms(norm, order, batch):
        cell = cells.get(("gan32", norm, order, batch), {})
        return next((row["ms"] for name, row in cell.items() if name.startswith("wngan")), None)

    base = ms("weight", "alternating", 32)
    if not base:
        return
    if other := ms("none", "alternating", 32):
        print(f"gan32: weight takes {100 * (base / other - 1):+.1f} % of the time of none.")
    if other := ms("weight", "simultaneous", 32):
        print(f"gan32: simultaneous takes {100 * (other / base - 1):+.1f} % of the time of alternating.")
    for batch in sorted(batch for *cell, batch in cells if cell == ["gan32", "weight", "alternating"]):
        cost = ms("weight", "alternating", batch) / batch
        print(f"gan32, batch {batch:>4}: {1000 * cost:10.2f} us per image, {cost / (base / 32):.3f} of batch 32")


def main():
    args = arguments()
    refuse_what_is_missing(args)
    rows = measure(args)
    for program in dict.fromkeys((row["program"], row["adapter"], row["backend"]) for row in rows):
        print("program: {}, adapter: {}, backend: {}".format(*program))
    cells = grouped(rows)
    report(cells)
    report_own(cells)


if __name__ == "__main__":
    main()
