"""Every number of docs/experiment.md, from the tables beside it: `python3 scripts/experiment/tables.py docs/experiment`."""

import csv
import math
import statistics
import sys
from itertools import combinations
from pathlib import Path

DATASETS = ("cifar10", "faces")
NORMS = ("none", "batch", "weight", "spectral")
SEEDS = ("1", "2", "3")
T_TWO = 4.302653  # 97.5 % quantile of Student's t with two degrees of freedom.
GAIN = 0.10  # A run has learned when its best running test lies a tenth below that of its untrained network.
LOST = 0.5  # It has fallen back when its last one has lost half of what the best had gained.
VARIED = 0.5  # Samples are varied when their quarters vary at least half as much as those of real images.
VARIANCES = ("brightness", "colour", "noise")


class Run(dict):
    """A row of a summary, numbers as numbers, with its running tests as {step: loss}."""

    def __init__(self, row, tests):
        numbers = {name: float(row[name]) for name in ("best_running", "last_running", "final_mean", "final_ci95")}
        super().__init__({**row, **numbers, "best_step": int(row["best_step"]), "tests": tests})
        self.start = tests[0]

    @property
    def gain(self):
        """Share of the untrained network's running loss that the best network is rid of."""
        return 1 - self["best_running"] / self.start

    @property
    def lost(self):
        """Share of that gain which the last network has lost again."""
        return (self["last_running"] - self["best_running"]) / (self.start - self["best_running"] or math.inf)

    @property
    def verdict(self):
        if self.gain < GAIN:
            return "not learned"
        return "fallen back" if self.lost > LOST else "learned"


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def runs_of(results):
    """The runs of 2,000 steps and the longer ones, by (dataset, norm, lr, seed)."""
    key = ("dataset", "norm", "lr", "seed")
    tests = {}
    for row in rows(results / "running.csv"):
        tests.setdefault((row["length"], *(row[name] for name in key)), {})[int(row["step"])] = float(row["loss"])
    found = []
    for file, length in (("summary.csv", "short"), ("summary-long.csv", "long")):
        table = {tuple(row[name] for name in key): row for row in rows(results / file)}
        found.append({cell: Run(row, tests[length, *cell]) for cell, row in table.items()})
    return found


def seeds_of(runs, dataset, norm):
    """The three runs of a norm at its own rate: the one that has more than one seed."""
    rate = next(lr for d, n, lr, seed in runs if (d, n, seed) == (dataset, norm, SEEDS[1]))
    return [runs[dataset, norm, rate, seed] for seed in SEEDS]


def interval(values):
    """Mean and half the width of the 95 % interval of three values."""
    return statistics.mean(values), T_TWO * statistics.stdev(values) / math.sqrt(len(values))


def probability(values):
    """Two-sided p of a mean of three differences under the null hypothesis of none (t with two degrees of freedom)."""
    t = abs(statistics.mean(values)) / (statistics.stdev(values) / math.sqrt(len(values)))
    return 1 - t / math.sqrt(2 + t * t)


def print_baselines(table):
    print("\n# Baselines on the images of the final test: seeds 1, 2, 3 and their mean")
    cells = {}
    for row in table:
        cells.setdefault((row["dataset"], row["images"], row["baseline"], row["numbers"]), []).append(float(row["mse"]))
    for (dataset, images, name, numbers), values in cells.items():
        if images == "256":
            seeds = ", ".join(f"{value:.4f}" for value in values)
            print(f"{dataset:8} {name:22} {numbers:>3} numbers: {seeds}; mean {statistics.mean(values):.4f}")


def components(table, dataset, seed, loss):
    """How many principal components of the training images do no better than `loss` on the same images; -1: none at
    all, not even the mean image."""
    same = [row for row in table if (row["dataset"], row["seed"], row["images"]) == (dataset, seed, "256")]
    ladder = {int(row["numbers"]): float(row["mse"]) for row in same if row["baseline"] == "principal components"}
    ladder[0] = next(float(row["mse"]) for row in same if row["baseline"] == "mean image")
    return max((k for k, mse in ladder.items() if loss <= mse), default=-1)


def print_seeds(short, table):
    print("\n# Final test at each norm's rate; spread is largest over smallest; components as in `components`")
    for dataset in DATASETS:
        for norm in NORMS:
            runs = seeds_of(short, dataset, norm)
            finals = [run["final_mean"] for run in runs]
            mean, half = interval(finals)
            each = ", ".join(f"{run['final_mean']:.4f} ± {run['final_ci95']:.4f}" for run in runs)
            counts = [components(table, dataset, run["seed"], run["final_mean"]) for run in runs]
            print(f"{dataset:8} {norm:8} lr {runs[0]['lr']}: {each}; mean {mean:.4f} ± {half:.4f}; "
                  f"spread {max(finals) / min(finals) - 1:.1%}; components {counts}; "
                  f"untrained running {', '.join(f'{run.start:.4f}' for run in runs)}")


def print_pairs(short):
    print("\n# Differences of final tests, seed by seed: mean, 95 % interval, p")
    for dataset in DATASETS:
        for one, other in combinations(NORMS, 2):
            pairs = zip(seeds_of(short, dataset, one), seeds_of(short, dataset, other))
            differences = [a["final_mean"] - b["final_mean"] for a, b in pairs]
            mean, half = interval(differences)
            each = ", ".join(f"{difference:+.4f}" for difference in differences)
            print(f"{dataset:8} {one:8} - {other:8}: {each}; {mean:+.4f} ± {half:.4f}, p = {probability(differences):.3f}")


def print_rates(short):
    print("\n# Final test over the four rates, seed 1: largest over smallest; gain of the running test at 2e-5")
    for dataset in DATASETS:
        for norm in NORMS:
            finals = {lr: run["final_mean"] for (d, n, lr, seed), run in short.items() if (d, n, seed) == (dataset, norm, "1")}
            running = {lr: short[dataset, norm, lr, "1"]["best_running"] for lr in finals}
            slow = short[dataset, norm, "2e-5", "1"]
            print(f"{dataset:8} {norm:8}: {max(finals.values()) / min(finals.values()):.2f}; best at {min(finals, key=finals.get)}, by the "
                  f"running test {min(running, key=running.get)}; "
                  f"at 2e-5 {slow.start:.4f} to {slow['best_running']:.4f}, gain {slow.start - slow['best_running']:.4f}")


def print_collapse(short, long):
    runs = [*short.values(), *long.values()]
    blind = sum(run.start <= 1.5 * run["best_running"] for run in runs)
    print(f"\n# Collapse. Of {len(runs)} runs, {blind} could return to the untrained score without being above 1.5 times their best.")
    for name, group in (("2,000 steps", short), ("8,000 steps", long)):
        counts = {}
        for (dataset, norm, lr, seed), run in group.items():
            counts.setdefault(run.verdict, []).append(f"{dataset} {norm} {lr} {seed} (gain {run.gain:.1%}, lost {run.lost:.0%})")
        for verdict, which in counts.items():
            print(f"{name}, {verdict}: {len(which)}" + ("" if verdict == "learned" else ": " + "; ".join(which)))
    nearest = sorted(runs, key=lambda run: abs(run.lost - LOST) if run.gain >= GAIN else math.inf)[:4]
    for run in nearest:
        print(f"nearest to the limit: {run['dataset']} {run['norm']} {run['lr']} {run['seed']} {run['steps']}: lost {run.lost:.0%}")
    for run in sorted(runs, key=lambda run: abs(run.gain - GAIN))[:4]:
        print(f"nearest to a gain of a tenth: {run['dataset']} {run['norm']} {run['lr']} {run['seed']} {run['steps']}: {run.gain:.1%}")


def print_long(short, long, table):
    print("\n# Longer runs")
    for (dataset, norm, lr, seed), run in long.items():
        before, tests = short[dataset, norm, lr, seed], run["tests"]
        same = all(tests[step] == loss for step, loss in before["tests"].items())
        late = [loss for step, loss in tests.items() if step > 2000]
        print(f"{dataset:8} {norm:8}: final {before['final_mean']:.4f} after 2,000 steps, {run['final_mean']:.4f} after 8,000; best running "
              f"{run['best_running']:.4f} at {run['best_step']}, last {run['last_running']:.4f}, after step 2,000 from {min(late):.4f} to "
              f"{max(late):.4f}; lost {run.lost:.0%}; components {components(table, dataset, seed, run['final_mean'])}; "
              f"first 2,000 steps as in the short run: {same}")
    for dataset in DATASETS:
        none, weight, batch = (next(run for (d, n, *_), run in long.items() if (d, n) == (dataset, norm))
                               for norm in ("none", "weight", "batch"))
        below = [step for step, loss in weight["tests"].items() if loss < batch["best_running"]]
        late = [loss < batch["tests"][step] for step, loss in weight["tests"].items() if step > 2000]
        print(f"{dataset}: weight's running test is below batch's best at steps {below}; after step 2,000 it is below batch's "
              f"of the same step {sum(late)} times of {len(late)}")
        print(f"  weight below batch in the best running test {below_by(weight, batch, 'best_running')}, batch below weight in the "
              f"final test {below_by(batch, weight, 'final_mean')}, weight below none there {below_by(weight, none, 'final_mean')}")


def below_by(one, other, name):
    return f"{1 - one[name] / other[name]:.1%}"


def print_grids(table):
    print("\n# Grids beside real images: variance of the quarters' brightness, of their colour, and of the noise")
    for dataset in DATASETS:
        cells = {row["of"]: row for row in table if row["dataset"] == dataset}
        deviations = [float(cells["real, deviation of 64"][name]) / float(cells["real"][name]) for name in VARIANCES]
        print(f"{dataset:8} sets of 64 real images deviate by {', '.join(f'{part:.0%}' for part in deviations)}")
        for norm in NORMS:
            brightness, colour, noise = (float(cells[norm][name]) / float(cells["real"][name]) for name in VARIANCES)
            varied = "varied" if min(brightness, colour) > VARIED else "little variety"
            print(f"{dataset:8} {norm:8}: {brightness:.0%}, {colour:.0%}, {noise:.1f} times: {varied}")


def print_beyond(results, table):
    """The rates beyond the grid, with one seed: final test (best running test) and what the running test chooses."""
    print("\n# Larger rates, seed 1")
    runs = {}
    for row in rows(results / "summary.csv"):
        runs.setdefault((row["dataset"], row["norm"]), []).append(row)
    for dataset in DATASETS:
        for norm in NORMS:
            cells = sorted(runs[dataset, norm], key=lambda row: float(row["lr"]))
            each = ", ".join(f"{row['lr']} {float(row['final_mean']):.4f} ({float(row['best_running']):.4f})" for row in cells)
            best = min(cells, key=lambda row: float(row["best_running"]))
            final = float(best["final_mean"])
            print(f"{dataset:8} {norm:8}: {each}; chosen {best['lr']}: {final:.4f} ± {float(best['final_ci95']):.4f}, best at step "
                  f"{best['best_step']}, components {components(table, dataset, '1', final)}")
    print_grids(rows(results / "grids.csv"))


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    results = Path(sys.argv[1])
    short, long = runs_of(results)
    table = rows(results / "baselines.csv")
    print_baselines(table)
    print_seeds(short, table)
    print_pairs(short)
    print_rates(short)
    print_collapse(short, long)
    print_long(short, long, table)
    print_grids(rows(results / "grids.csv"))
    print_beyond(results / "rates", table)


if __name__ == "__main__":
    main()
