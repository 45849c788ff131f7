"""Makes docs/gpu/ADAPTER.md of the results of scripts/gpu.sh: `python3 report.py FOLDER`."""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKLOADS = ("gan16", "gan32", "gan64", "gan160")
# Large products: channels in and out.
LARGE = ((128, 256), (256, 512))
MAX_LINES = 25
MAX_DISPATCHES = 15


class Results:
    """What a check left: how every task ended, what programs printed, and lines of text."""

    def __init__(self, folder):
        self.check, *self.tasks = objects(folder / "results.jsonl")
        self.rows = defaultdict(list)
        for row in objects(folder / "measurements.jsonl"):
            self.rows[row.pop("task")].append(row)
        self.tests = (folder / "tests.txt").read_text(errors="replace").splitlines()
        self.log = (folder / "log.txt").read_text(errors="replace").splitlines()

    def row(self, task):
        """The one object of a task, or an empty one."""
        return next(iter(self.rows[task]), {})

    def status(self, task):
        return next((line["status"] for line in self.tasks if line["task"] == task), "not run")

    def seconds(self, task):
        return next((line["seconds"] for line in self.tasks if line["task"] == task), 0)

    def bench(self, workload, order="alternating", more=""):
        return self.row(f"bench {workload} {order} {more}".strip())

    def pytorch(self, workload, mode, order="alternating"):
        return self.row(f"pytorch {workload} {order} {mode}")


def objects(path):
    return [json.loads(line) for line in path.read_text(errors="replace").splitlines()]


# Small pieces of a page.


def table(head, rows):
    """A table; nothing where there are no rows."""
    if not rows:
        return []
    lines = [head, ["--"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines] + [""]


def number(value, digits=3):
    """Three digits that count, or a dash."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"


def percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def plain(text):
    """Without the folders of the machine that it ran on."""
    return re.sub(r"(?<![\w.])/(?:[\w.+@-]+/){2,}", "…/", text)


def ratio(a, b, key="step_ms_median"):
    return a[key] / b[key] if key in a and key in b else None


def block(lines):
    return ["```", *(plain(line) for line in lines), "```", ""]


# What was asked for.


def asked(results):
    """Rows of what, the target, what was measured, and whether it was reached."""
    rows = []

    def row(what, bound, value, show, at_least=True):
        reached = value is not None and (value >= bound if at_least else value <= bound)
        verdict = "not measured" if value is None else "reached" if reached else "not reached"
        rows.append([what, f"at {'least' if at_least else 'most'} {show(bound)}", show(value), verdict])

    def times(value):
        return "–" if value is None else f"{value:.2f} times"

    outcomes = test_outcomes(results)
    failed = [name for name, words in outcomes.items() if "FAILED" in words]
    cut = [task["task"] for task in results.tasks
           if task["task"].startswith("tests ") and task["status"] not in ("passed", "failed")]
    measured = f"{len(outcomes) - len(failed)} passed, {len(failed)} failed"
    measured += "".join(f"; not all {name}" for name in cut)
    rows.append(["tests", "all pass", measured, "not reached" if failed else "not measured" if cut else "reached"])
    for workload in ("gan16", "gan32"):
        own = results.bench(workload)
        row(f"{workload}: speed against PyTorch eager", 3, ratio(results.pytorch(workload, "eager"), own), times)
        graphs = ratio(results.pytorch(workload, "cudagraphs"), own)
        row(f"{workload}: speed against `torch.compile` with CUDA graphs", 1, graphs, times)
    for workload in ("gan64", "gan160"):
        against = [ratio(results.pytorch(workload, mode), results.bench(workload)) for mode in ("eager", "cudagraphs")]
        against = [value for value in against if value is not None]
        row(f"{workload}: speed against PyTorch, the faster mode", 0.8, min(against, default=None), times)
    row("gan64: share of the measured peak, whole step", 0.4, results.bench("gan64").get("fraction_of_peak"), percent)
    for product in best_products(results):
        if results.status("products") == "passed" and tuple(product["channels"]) in LARGE:
            channels = "{} to {}".format(*product["channels"])
            what = f"product {channels}, {product['direction']}: share of the measured peak"
            row(what, 0.6, product["share"], percent)
    more = ratio(results.bench("gan32"), results.bench("gan32", more="--norm none"))
    row("gan32: time of weight norm beside none", 1.03, more, times, at_least=False)
    for workload in ("gan16", "gan32"):
        less = ratio(results.bench(workload, "simultaneous"), results.bench(workload))
        row(f"{workload}: time of simultaneous beside alternating", 0.75, less, times, at_least=False)
    return ["## What was asked for", "", *table(["what", "target", "measured", "verdict"], rows)]


# What was measured.


def best_products(results):
    """Every product's fastest variant."""
    groups = defaultdict(list)
    for row in results.rows["products"]:
        shape = row["shape"]
        groups[(shape["side"], shape["from"], shape["to"], row["direction"])].append(row)
    for (side, *channels, direction), rows in groups.items():
        best = max(rows, key=lambda row: row["gflops"])
        share = best["gflops"] / best["peak_gflops"]
        yield {"side": side, "channels": channels, "direction": direction, "best": best, "share": share, "rows": rows}


def steps(results):
    rows, peaks = [], []
    for task in results.tasks:
        name = task["task"]
        row = results.row(name)
        if not row or not name.startswith("bench "):
            continue
        peaks.append(row["peak_gflops"])
        rows.append([
            name.removeprefix("bench "), row["variant"], number(row["step_ms_median"]),
            f"{number(row['step_ms_min'])} to {number(row['step_ms_max'])}", number(row["gflops"]),
            percent(row["fraction_of_peak"]), number(row["dispatches_per_step"]), number(row["record_ms_per_step"]),
            number(row["gpu_bytes"] / 2**20), number(row["first_step_ms"] / 1000),
            "yes" if row["losses_finite"] else "NO",
        ])
    head = ["workload and order", "variant", "ms per step", "range", "GFLOP/s", "of the peak", "dispatches",
            "ms to record", "MiB", "first step, s", "finite"]
    lines = ["## Training steps", "", *(table(head, rows) or ["Not measured.", ""])]
    if peaks:
        least, most = number(min(peaks)), number(max(peaks))
        lines += [f"Peak, of fused multiply-adds in registers, measured before each: {least} to {most} GFLOP/s.", ""]
    batches = [(32, results.bench("gan32"))]
    batches += [(batch, results.bench("gan32", more=f"--batch_size {batch}")) for batch in (64, 128, 256)]
    costs = [f"{number(1000 * row['step_ms_median'] / batch)} µs at {batch}" for batch, row in batches if row]
    return lines + ([f"gan32, time per image: {', '.join(costs)} images per batch.", ""] if len(costs) > 1 else [])


def pytorch(results):
    rows, programs = [], set()
    for order in ("alternating", "simultaneous"):
        for workload in WORKLOADS:
            own = results.bench(workload, order)
            for mode in ("eager", "cudagraphs"):
                if row := results.pytorch(workload, mode, order):
                    programs.add(f"{row['program']} on {row['adapter']}")
                    rows.append([f"{workload} {order}", mode, number(row["step_ms_median"]),
                                 number(own.get("step_ms_median")), number(ratio(row, own)),
                                 number(row["first_step_ms"] / 1000)])
    if not rows:
        notes = {task["note"] for task in results.tasks if task["task"].startswith("pytorch ")} - {""}
        return ["## PyTorch", "", f"Not measured: {'; '.join(sorted(notes)) or 'not reached'}.", ""]
    head = ["workload and order", "mode", "PyTorch, ms per step", "wngan, ms per step", "PyTorch / wngan",
            "PyTorch's first step, s"]
    said = f"{', '.join(sorted(programs))}; f32 without TF32 (`benches/peers/pytorch`)."
    return ["## PyTorch", "", said, "", *table(head, rows)]


def products(results):
    rows = [["{0} x {0}, {1} to {2}".format(p["side"], *p["channels"]), p["direction"], p["best"]["variant"],
             number(p["best"]["gflops"]), percent(p["share"]),
             ", ".join(f"{row['variant']} {number(row['gflops'])}" for row in p["rows"] if row is not p["best"])]
            for p in best_products(results)]
    head = ["convolution", "direction", "fastest variant", "GFLOP/s", "of the peak", "other variants, GFLOP/s"]
    return ["## Single products", "", *not_whole(results, "products"), *table(head, rows)]


def dispatches(results, workload):
    rows = results.rows[f"dispatches of {workload}"]
    lines = [f"## Dispatches of a {workload} step", "", *not_whole(results, f"dispatches of {workload}")]
    if not rows:
        return lines
    total, peak = sum(row["ms"] for row in rows), results.bench(workload).get("peak_gflops")
    step = results.bench(workload).get("step_ms_median")
    clock = "the device's clock" if rows[0]["device_clock"] else "the wall, from submit to fence"
    lines += [f"{len(rows)} dispatches, each alone, by {clock}: {number(total)} ms in all"
              + (f"; a whole step takes {number(step)} ms" if step else "") + ".", ""]
    body = []
    for place, row in sorted(enumerate(rows, 1), key=lambda item: -item[1]["ms"])[:MAX_DISPATCHES]:
        gflops = 2e-6 * row["multiply_adds"] / row["ms"] if row["multiply_adds"] and row["ms"] else None
        body.append([str(place), number(row["ms"]), percent(row["ms"] / total), row["label"], row["kernel"],
                     str(row["workgroups"]), number(gflops), percent(gflops / peak if gflops and peak else None)])
    lines += table(["place", "ms", "of all", "what", "kernel", "workgroups", "GFLOP/s", "of the peak"], body)
    kernels = defaultdict(float)
    for row in rows:
        kernels[row["kernel"]] += row["ms"]
    shares = sorted(kernels.items(), key=lambda item: -item[1])
    shares = ", ".join(f"{name} {percent(ms / total)}" for name, ms in shares if ms > 0.01 * total)
    return [*lines, f"By kernel: {shares}.", ""]


def not_whole(results, task):
    """A line for a list that may lack its end."""
    status = results.status(task)
    return [] if status == "passed" else [f"Not measured to the end: {status}.", ""]


def tuner(results):
    row = results.row("tuner")
    if not row:
        return ["## Tuner", "", "Not measured.", ""]
    probe = row["probe"]
    rows = [[candidate["variant"], number(candidate["ms"])] for candidate in row["candidates"]]
    said = f"Chosen: {row['chosen']}" + ("" if row["all_measured_in_time"] else ", before all could be measured")
    side, (channels, to) = probe["side"], probe["channels"]
    said += f". Probe: {probe['images']} images of {side}x{side}, {channels} to {to} channels, three directions."
    return ["## Tuner", "", said, "", *table(["variant", "ms"], rows)]


def experiment(results):
    rows = results.rows["experiment"]
    at = {row["step"]: row["seconds"] for row in rows if row.get("event") in ("step", "end")}
    lines = ["## A cell of the experiment", ""]
    if len(at) < 2 or not any(row.get("event") == "end" for row in rows):
        return [*lines, "Not measured to its end.", ""]
    first, last = min(at), max(at)
    seconds, tests = at[last] - at[first], sum(row.get("event") == "test" for row in rows)
    speed, whole = (last - first) / max(seconds, 1e-9), results.seconds("experiment")
    lines.append(f"Preset `tiny` with 8 features, faces, norm `weight`: steps {first} to {last} took {number(seconds)} "
                 f"s ({number(speed)} steps per second, {tests} running tests of 100 images among them), the whole "
                 f"cell with its pipelines and final test {number(whole)} s.")
    return [*lines, ""]


# How it went.


def test_outcomes(results):
    """Words of every test that has a result, by program and name."""
    outcomes = defaultdict(set)
    for line in results.tests:
        if found := re.match(r"(\w+): test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", line):
            outcomes[f"{found[1]}: {found[2]}"].add(found[3])
    return outcomes


def outcomes(results):
    rows = [[task["status"], task["task"], f"{task['seconds']:.1f}", task["note"]] for task in results.tasks]
    return ["## How every task ended", "", *table(["result", "task", "seconds", ""], rows)]


def failures(results):
    lines = []
    for name, words in test_outcomes(results).items():
        if "FAILED" in words:
            alone = " (passed in a process of its own)" if "ok" in words else ""
            lines += [f"**{name}**{alone}", "", *block(text_of_failure(results, *name.split(": ", 1)))]
    for task in results.tasks:
        name = task["task"]
        if task["status"] in ("failed", "timed out") and not name.startswith("tests "):
            said = [line.removeprefix(f"{name}: ") for line in results.log if line.startswith(f"{name}: ")]
            lines += [f"**{name}**: {task['status']} after {task['seconds']:.0f} s", ""]
            lines += block(said[-MAX_LINES:]) if said else []
    return ["## Failures", "", *(lines or ["None.", ""])]


def text_of_failure(results, program, test):
    """What a failed test printed the last time, behind its heading; or else the line that says how it ended."""
    lines, inside = [], False
    for line in results.tests:
        line = re.sub(rf"^{program}(?: alone)?: ", "", line)
        if line.startswith("---- ") or line == "failures:":
            inside = line.startswith(f"---- {test} ")
            lines = [] if inside else lines
        elif inside and line:
            lines.append(line)
    return lines[:MAX_LINES] or [line for line in results.tests if f": test {test} ... FAILED" in line]


def adapter(results):
    row, machine = results.row("adapter"), results.row("machine")
    rows = [["driver", f"{row.get('driver', '')} {row.get('driver_info', '')}"], ["backend", row.get("backend", "")],
            ["kind", row.get("device_type", "")],
            ["subgroup sizes", " to ".join(map(str, row.get("subgroup_sizes", [])))],
            ["features used", ", ".join(row.get("features_used", []))],
            ["machine", "{cpu}, {cores} cores, Linux {kernel}, {glibc}".format(**machine) if machine else ""],
            ["nvidia-smi", machine.get("nvidia_smi", "")]]
    limits = [[name, f"{value:,}"] for name, value in row.get("limits", {}).items()]
    rows = [row for row in rows if row[1].strip()]
    return ["## Adapter", "", *table(["", ""], rows), *table(["limit", "of the adapter"], limits)]


def page(results):
    row = results.row("adapter")
    software = ["**A software adapter, not a GPU**: these figures say that the check works, nothing of any GPU.", ""]
    seconds = sum(task["seconds"] for task in results.tasks)
    return "\n".join([
        f"# {results.check['adapter']}", "",
        *(software if row.get("software", True) else []),
        f"By `scripts/gpu.sh` ([how](../gpu-check.md)), {seconds:.0f} s, programs of {results.check['pack']}.", "",
        *asked(results), *failures(results), *steps(results), *pytorch(results), *products(results),
        *(line for workload in ("gan64", "gan160") for line in dispatches(results, workload)),
        *tuner(results), *experiment(results), *adapter(results), *outcomes(results),
    ])


def main():
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "results.jsonl").exists():
        raise SystemExit("report.py needs the folder of a check's results: results.jsonl and the files beside it.")
    results = Results(Path(sys.argv[1]))
    name = re.sub(r"[^a-z0-9]+", "-", results.check["adapter"].lower()).strip("-")
    if results.row("adapter").get("software", True):
        name = f"software-{name}"
    path = ROOT / "docs" / "gpu" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(results))
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
