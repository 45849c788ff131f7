"""Measures training steps in PyTorch and prints one JSON object: `python bench.py --workload gan32 --mode cudagraphs`.

Protocol and names: those of `wngan bench`, so that the lines of both can stand in one table.
"""

import argparse
import json
import math
import statistics
import time

import torch
from torch._inductor import config as inductor

from training import WORKLOADS, Training, captured, compiled, flop_per_step

PIECES = 5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workload", choices=WORKLOADS, default="gan16")
    parser.add_argument("--norm", choices=("weight", "none", "batch"), default="weight")
    parser.add_argument("--order", choices=("alternating", "simultaneous"), default="alternating")
    parser.add_argument("--batch_size", type=int, help="images per batch; by default the workload's")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to measure, in five pieces")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--threads", type=int, help="of the CPU; by default one per core")
    parser.add_argument("--mode", choices=("eager", "compile", "cudagraphs"), default="eager",
                        help="cudagraphs: torch.compile's whole step, captured into one torch.cuda.CUDAGraph")
    parser.add_argument("--layout", choices=("default", "nchw", "channels_last"), default="default",
                        help="default: NCHW, which torch.compile may change; nchw: it may not")
    parser.add_argument("--tf32", action="store_true", help="let products round their factors to 10 bits")
    return parser.parse_args()


def refuse_what_is_missing(args):
    if args.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("PyTorch sees no CUDA device here; --device cpu measures the CPU instead.")
    if args.device == "cpu" and args.mode == "cudagraphs":
        raise SystemExit("CUDA graphs need a CUDA device; with --device cpu the modes are eager and compile.")


def settle(args):
    """Global settings: how products round, and free choice among cuDNN's algorithms."""
    torch.set_float32_matmul_precision("high" if args.tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = args.tf32  # On by default, other than for matrix products.
    torch.backends.cudnn.benchmark = True
    if args.threads:
        torch.set_num_threads(args.threads)
    if args.layout == "nchw":
        inductor.layout_optimization = False


def wrapped(step, mode, device):
    if mode == "eager":
        return step
    return compiled(step, device) if mode == "compile" else captured(compiled(step, device))


def run_for(step, seconds, pace):
    """Steps for at least `seconds`, launched without waiting; one read-back ends each run of as many steps as `pace`
    (seconds per step) lets expect. Returns seconds per step and the last losses."""
    done, begun = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begun) < seconds or done == 0:
        for _ in range(count := max(1, math.ceil(1.02 * (seconds - elapsed) / pace))):
            losses = step()
        done += count
        last = losses.tolist()
        pace = (time.perf_counter() - begun) / done
    return pace, last


def warmed_up(step, seconds):
    """Seconds per step, after at least `seconds` of them: clocks rise, and the pace becomes known."""
    pace, begun = seconds, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        pace, _ = run_for(step, seconds / 8, pace)
    return pace


def main():
    args = arguments()
    refuse_what_is_missing(args)
    settle(args)
    torch.manual_seed(0)
    config = {**WORKLOADS[args.workload], "norm": args.norm, "order": args.order}
    config["batch_size"] = args.batch_size or config["batch_size"]

    gan = Training(config, args.device, channels_last=args.layout == "channels_last")
    begun = time.perf_counter()  # Initial values by formula take their time in Python, which is nobody's concern.
    step = wrapped(gan.random_step, args.mode, args.device)
    losses = step().tolist()
    first_step_ms = 1000 * (time.perf_counter() - begun)

    piece = args.seconds / PIECES
    pace, pieces, finite = warmed_up(step, piece / 2), [], all(map(math.isfinite, losses))
    for _ in range(PIECES):
        pace, losses = run_for(step, piece, pace)
        pieces.append(1000 * pace)
        finite &= all(map(math.isfinite, losses))  # A number that is none stays in the parameters: the last loss tells.
    median, gflop = statistics.median(pieces), flop_per_step(gan) / 1e9
    on_gpu = args.device == "cuda"
    print(json.dumps({
        "program": f"torch {torch.__version__}",
        "workload": args.workload,
        "norm": args.norm,
        "order": args.order,
        "batch": config["batch_size"],
        "mode": args.mode,
        "layout": args.layout,
        "tf32": args.tf32,
        "adapter": torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads",
        "backend": args.device,
        "first_step_ms": first_step_ms,
        "step_ms_median": median,
        "step_ms_min": min(pieces),
        "step_ms_max": max(pieces),
        "steps_per_s": 1000 / median,
        "gflop_per_step": gflop,
        "gflops": gflop / (median / 1000),
        "gpu_bytes": torch.cuda.max_memory_allocated() if on_gpu else None,
        "losses_finite": finite,
    }))


if __name__ == "__main__":
    main()
