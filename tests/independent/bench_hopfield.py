#!/usr/bin/env python3
"""How fast engram recalls patterns of a Hopfield network, next to NumPy, in one run.

    bench_hopfield.py [ENGRAM]            table, ENGRAM is the program's path (default: from PATH)
    bench_hopfield.py --json [ENGRAM]     one JSON object instead of the table

The recall: N = 8000 sites, P = 1104 random patterns (load 0.138), Hebbian couplings without a
diagonal, started on a pattern, one site after the other in a random order drawn anew for each
sweep, until a sweep moves nothing.  A network is made of patterns of its own and asked for one.
One thread on both sides; they take turns, so that another program's load falls on both.

So near the critical load a few networks take most of the sweeps.  engram is therefore given the
patterns of each of NumPy's networks to recall ("same"), both many times; the time it takes to make
patterns is that of its own random ones, and "its own" is `engram bench` as anybody runs it.

NumPy does it with a dense float32 matrix W = X^T X, one product of OpenBLAS, in two ways:

    rows      each visited site asks for its field, W[i] @ s
    fields    h = W s is kept; a site that turns over adds its column, h += 2 s_i W[i], and a sweep
              jumps from one site that wants to turn to the next by searching the rest of the order

The second is as good as NumPy gets: its loop in Python runs once a flip and not once a site.
W is exact, for float32 holds whole numbers of this size; the division by N is left out, since no
sign depends on it.

Needs NumPy alone (Debian's python3-numpy).  Exit: 0 done, 1 no NumPy or no engram, 4 a ratio is
below --require.
"""
from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"             # read when NumPy is imported

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
except ImportError as err:
    sys.exit(f"bench_hopfield.py needs NumPy, which cannot be imported here ({err}).\n"
             "Install it with 'apt install python3-numpy' or 'pip install numpy'.")

CONFIGURATION = """# {sites} sites, {patterns} patterns, one recalled from itself
memory:
  type: hopfield
  rule: hebbian
patterns:
  {source}
cue:
  amount: 0
dynamics:
  update: asynchronous
  order: permutation
"""


def couplings(x: np.ndarray) -> np.ndarray:
    """N W (N, N) from patterns x (P, N): whole numbers, no diagonal."""
    w = x.T @ x
    np.fill_diagonal(w, 0)
    return w


def recall_rows(w: np.ndarray, s: np.ndarray, rng: np.random.Generator) -> int:
    """To a fixed point, a field a site; s is changed.  Sweeps, the last without a move included."""
    for sweep in range(1, 1001):
        moved = False
        for i in rng.permutation(len(s)):
            h = w[i] @ s
            if h * s[i] < 0:
                s[i] = -s[i]
                moved = True
        if not moved:
            break
    return sweep


def recall_fields(w: np.ndarray, s: np.ndarray, rng: np.random.Generator) -> int:
    """The same with fields that are kept; W is symmetric, so a row is a column."""
    h = w @ s
    for sweep in range(1, 1001):
        order = rng.permutation(len(s))
        at, moved = 0, False
        while at < len(order):
            rest = order[at:]
            wants = h[rest] * s[rest] < 0
            k = int(wants.argmax())
            if not wants[k]:
                break
            i = rest[k]
            s[i] = -s[i]
            h += (2 * s[i]) * w[i]
            at += k + 1
            moved = True
        if not moved:
            break
    return sweep


RECALLS = {"rows": recall_rows, "fields": recall_fields}


def draw(sites: int, patterns: int, seed: int) -> np.ndarray:
    """x (P, N), +1 or -1."""
    bits = np.random.default_rng(seed).integers(0, 2, (patterns, sites), dtype=np.int8)
    return (2 * bits - 1).astype(np.float32)


def means(rows: list[dict]) -> dict:
    """Means and not medians: near the critical load few networks have most of the sweeps."""
    return {key: statistics.mean(row[key] for row in rows) for key in rows[0]}


def numpy_network(sites: int, patterns: int, seed: int, recalls: int) -> dict:
    """One network, made once, and pattern 0 recalled several times in each way with equal orders.
    """
    before = time.perf_counter()
    x = draw(sites, patterns, seed)
    drawn = time.perf_counter()
    w = couplings(x)
    took = {"drawing": drawn - before, "couplings": time.perf_counter() - drawn}
    each = []
    for k in range(recalls):
        one, ends = {}, {}
        for way, recall in RECALLS.items():
            s = x[0].copy()
            before = time.perf_counter()
            one["sweeps"] = recall(w, s, np.random.default_rng([seed, k]))
            one[way] = time.perf_counter() - before
            one["overlap"] = float(x[0] @ s / sites)
            ends[way] = s
            if (w @ s * s < 0).any():
                sys.exit(f"NumPy's recall '{way}' ended where it is not at rest")
        if (ends["rows"] != ends["fields"]).any():
            sys.exit("NumPy's two ways do not come to the same state")
        each.append(one)
    return took | means(each)


def engram_bench(engram: str, sites: int, patterns: int, source: str) -> dict:
    """What `engram bench --json` says."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.yaml")
        with open(path, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(sites=sites, patterns=patterns, source=source))
        command = [engram, "bench", path, "--json", "--threads", "1"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"'{' '.join(command)}' ended with {done.returncode}:\n{done.stderr.strip()}")
    try:
        said = json.loads(done.stdout)
        if (said["sites"], said["patterns"], said["threads"]) != (sites, patterns, 1):
            sys.exit(f"engram measured something else: {done.stdout.strip()}")
        return {key: float(said[key]) for key in ("networks_per_second", "seconds_making",
                                                  "seconds_recalling", "sweeps", "overlap")}
    except (ValueError, KeyError, TypeError) as err:
        sys.exit(f"'{' '.join(command)}' printed no JSON object as expected ({err!r}):\n"
                 f"{done.stdout.strip()}")


def engram_random(engram: str, sites: int, patterns: int) -> dict:
    """Patterns that engram draws, new ones for each network."""
    return engram_bench(engram, sites, patterns, "type: random\n"
                        f"  sites: {sites}\n  count: {patterns}")


def engram_same(engram: str, sites: int, patterns: int, seed: int) -> dict:
    """The patterns of NumPy's network, as bitmaps one site high, and so the same recall."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "patterns.pbm")
        bits = np.packbits(draw(sites, patterns, seed) > 0, axis=1)
        with open(path, "wb") as file:
            for row in bits:
                file.write(b"P4 %d 1\n" % sites + row.tobytes())
        return engram_bench(engram, sites, patterns, f"type: file\n  path: {path}")


def measure(engram: str, sites: int, patterns: int, networks: int, recalls: int) -> dict:
    drawn, same, theirs = [], [], []
    for k in range(networks):
        if k % 4 == 0:
            drawn.append(engram_random(engram, sites, patterns))
        same.append(engram_same(engram, sites, patterns, k))
        theirs.append(numpy_network(sites, patterns, k, recalls))
    d, e, n = means(drawn), means(same), means(theirs)
    making = n["drawing"] + n["couplings"]
    result = {"sites": sites, "patterns": patterns, "numpy": np.__version__, "cpus": os.cpu_count(),
              "engram_random": drawn, "engram_same": same, "numpy_networks": theirs, "rows": []}
    result["rows"].append({"who": "engram, its own", "making": d["seconds_making"],
                           "recalling": d["seconds_recalling"], "sweeps": d["sweeps"],
                           "overlap": d["overlap"],
                           "networks_per_second": d["networks_per_second"]})
    ours = d["seconds_making"] + e["seconds_recalling"]
    result["rows"].append({"who": "engram, same", "making": d["seconds_making"],
                           "recalling": e["seconds_recalling"], "sweeps": e["sweeps"],
                           "overlap": e["overlap"], "networks_per_second": 1 / ours})
    for way in RECALLS:
        result["rows"].append({
            "who": f"NumPy, {way}", "making": making, "recalling": n[way], "sweeps": n["sweeps"],
            "overlap": n["overlap"], "networks_per_second": 1 / (making + n[way]),
            "ratio": (making + n[way]) / ours, "ratio_making": making / d["seconds_making"],
            "ratio_recalling": n[way] / e["seconds_recalling"]})
    return result


def table(result: dict) -> str:
    lines = [f"NumPy {result['numpy']} (float32, dense W) and engram, one thread each: "
             f"{result['sites']} sites, {result['patterns']} patterns, to a fixed point; means "
             f"over {len(result['numpy_networks'])} networks",
             f"{'':16} {'networks/s':>11} {'making [s]':>11} {'recall [s]':>11} {'sweeps':>7} "
             f"{'overlap':>9}  engram is faster in all / making / recall"]
    for row in result["rows"]:
        line = (f"{row['who']:16} {row['networks_per_second']:11.4g} {row['making']:11.4g} "
                f"{row['recalling']:11.4g} {row['sweeps']:7.3g} {row['overlap']:9.6f}")
        if "ratio" in row:
            line += (f"  {row['ratio']:.1f}x / {row['ratio_making']:.1f}x / "
                     f"{row['ratio_recalling']:.2f}x")
        lines.append(line)
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engram", nargs="?", default="engram",
                        help="program to measure [from PATH]")
    parser.add_argument("--sites", type=int, default=8000, metavar="N", help="[%(default)s]")
    parser.add_argument("--patterns", type=int, metavar="P", help="[0.138 N]")
    parser.add_argument("--networks", type=int, default=12, metavar="K",
                        help="how many networks [%(default)s]")
    parser.add_argument("--recalls", type=int, default=4, metavar="R",
                        help="of NumPy in each network [%(default)s]; engram goes on for 3 s")
    parser.add_argument("--require", type=float, metavar="X",
                        help="exit 4 unless engram is X times as fast, over both ways and in all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    patterns = args.patterns or round(0.138 * args.sites)
    if args.sites < 2 or patterns < 1 or min(args.networks, args.recalls) < 1:
        parser.error("--sites takes numbers from 2 up, the others from 1 up")

    engram = shutil.which(args.engram)
    if not engram:
        sys.exit(f"There is no program '{args.engram}'; give engram's path.")
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}); the figures are rough",
              file=sys.stderr)

    result = measure(engram, args.sites, patterns, args.networks, args.recalls)
    result["load"] = load
    print(json.dumps(result) if args.json else table(result))
    met = all(row.get("ratio", args.require or 0) >= (args.require or 0) for row in result["rows"])
    return 0 if met else 4


if __name__ == "__main__":
    sys.exit(main())
