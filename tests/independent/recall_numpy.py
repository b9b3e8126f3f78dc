#!/usr/bin/env python3
"""Rebuilds the network of a recall in NumPy and checks every state that its run file keeps.

    recall_numpy.py RUN.h5 ...            a table for every file
    recall_numpy.py --tolerance 1e-9 ...  largest difference allowed, for energies relative

Written from docs/run-file.md and docs/equations.md alone, in double precision.  Labels such as H2
are those of equations.md.  Used are the patterns in /hopfield, /config_values, and the states of
the trials that were kept (recall.keep).  From them are computed anew and compared

    energy     of every state (H2 to H4, H9 to H13), and that none is above the one before it where
               the file says `descends` and the temperature is 0
    overlap    with the target after every sweep, and with all patterns in the end (D5)
    moved      sites that moved in each sweep
    weights    of modern networks (H10)
    next       synchronous updates and modern networks: each state from the one before
    fixed      where rest is `fixed`: sites whose field is against them in the end (real states:
               how far a step moves)
    cycle      where rest is `cycle`: that two steps lead back
    end        the class of the end state (D6)

Not known here are the rules that learn by corrections (H7) and unlearning (H8).

Needs numpy and h5py.  Exit: 0 all agrees, 1 something does not, 2 a file cannot be checked.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

import h5py
import numpy as np

Array = np.ndarray
FIXED, CYCLE = 0, 1
TARGET, INVERSE, STORED, MIXTURE_3, MIXTURE_5, SPURIOUS, IN_CYCLE = range(7)


class CannotCheck(Exception):
    """The file is not of a recall, or of a network that is not known here."""


def plain(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum()


def log_sum_exp(x: Array) -> float:
    return float(x.max() + np.log(np.exp(x - x.max()).sum()))


def logarithm_integral(v: Array) -> Array:
    """Integral of artanh from 0 to V (H11)."""
    inside = np.clip(1 - v * v, 1e-300, None)
    return v * np.arctanh(np.clip(v, -1 + 1e-16, 1 - 1e-16)) + 0.5 * np.log(inside)


# --- networks: energy(k, states) of state k of a trial; field(k, states) for the sweep after it ---

class Couplings:
    """memory.type = hopfield (H1 to H6)."""

    def __init__(self, x: Array, memory: dict, activity: float) -> None:
        rule = memory["rule"]
        if memory["unlearn"] or rule in ("perceptron", "minover"):
            raise CannotCheck(f"rule {rule} with unlearn {memory['unlearn']} is not known here")
        count, n = x.shape
        self.bias, self.binary = memory["bias"], memory["units"] == "binary" or rule == "sparse"
        if rule == "sparse":
            eta = (1 + x) / 2 - activity
            w = eta.T @ eta / (n * activity * (1 - activity))
        elif rule == "storkey":
            w = storkey(x)
        elif rule in ("projection", "pseudo-inverse"):
            u, size, _ = np.linalg.svd(x.T, full_matrices=False)
            u = u[:, size > size[0] * 1e-10]
            w = u @ u.T
        else:
            w = x.T @ x / n
        if not memory["self_coupling"]:
            np.fill_diagonal(w, 0)
        self.w = w                            # where it has a diagonal, so have field and energy
        if rule == "sparse" and memory["thresholds"] == "matched":
            self.theta = np.full(n, 0.5 - activity)
        elif memory["thresholds"] == "matched":
            self.theta = 0.5 * self.w.sum(axis=1)
        else:
            self.theta = np.full(n, memory["threshold"])

    def energy(self, k: int, states: Array) -> float:
        s = states[k]
        if not self.binary:
            return float(-0.5 * s @ self.w @ s - self.bias * s.sum())
        v = (1 + s) / 2
        return float(-0.5 * v @ self.w @ v - ((self.bias - self.theta) * v).sum())

    def field(self, k: int, states: Array) -> Array:
        s = states[k]
        if not self.binary:
            return self.w @ s + self.bias
        v = (1 + s) / 2
        return 0.5 * (self.w @ v + self.bias - self.theta)


def storkey(x: Array) -> Array:
    n = x.shape[1]
    w = np.zeros((n, n))
    for xi in x:
        # h_ij = sum_{k != i, j} w_ik xi_k
        h = (w @ xi)[:, None] - (np.diag(w) * xi)[:, None] - w * xi
        np.fill_diagonal(h, w @ xi - np.diag(w) * xi)
        w = w + (np.outer(xi, xi) - xi[:, None] * h.T - h * xi) / n
    return w


class Dense:
    """H9."""

    def __init__(self, x: Array, memory: dict) -> None:
        self.x, self.kind, self.power = x, memory["function"], memory["power"]

    def of(self, overlaps: Array) -> Array:
        if self.kind == "exponential":
            top = overlaps.max(axis=0)
            return -(top + np.log(np.exp(overlaps - top).sum(axis=0)))
        m = np.maximum(overlaps, 0) if self.kind == "rectified" else overlaps
        return -(m ** int(self.power)).sum(axis=0)

    def energy(self, k: int, states: Array) -> float:
        return float(self.of(self.x @ states[k]))

    def field(self, k: int, states: Array) -> Array:
        """Half of E(s_i = -1) - E(s_i = +1), by computing both."""
        s = states[k]
        others = (self.x @ s)[:, None] - self.x * s
        return 0.5 * (self.of(others - self.x) - self.of(others + self.x))


class Pairs:
    """H12."""

    def __init__(self, x: Array, first: int) -> None:
        self.first = first
        self.w = x[:, :first].T @ x[:, first:] / x.shape[1]

    def energy(self, k: int, states: Array) -> float:
        return float(-states[k][:self.first] @ self.w @ states[k][self.first:])

    def field(self, k: int, states: Array) -> Array:
        a, b = states[k][:self.first], states[k][self.first:]
        return np.concatenate([self.w @ b, self.w.T @ a])


class Sequence:
    """H13."""

    def __init__(self, x: Array, memory: dict, cyclic: bool) -> None:
        n = x.shape[1]
        self.hold = memory["symmetric"] * x.T @ x / n
        before = np.roll(x, 1, axis=0)
        if not cyclic:
            before[0] = 0
        self.lead = memory["strength"] * x.T @ before / n
        if not memory["self_coupling"]:
            np.fill_diagonal(self.hold, 0)
            np.fill_diagonal(self.lead, 0)
        self.delay = int(memory["delay"])

    def called(self, k: int, s: Array, states: Array) -> Array:
        return self.hold @ s + self.lead @ (states[max(0, k - self.delay)] if self.delay else s)

    def energy(self, k: int, states: Array) -> float:
        return float(-0.5 * states[k] @ self.called(k, states[k], states))

    def field(self, k: int, states: Array) -> Array:
        return self.called(k, states[k], states)


class Modern:
    """H10."""

    def __init__(self, x: Array, memory: dict) -> None:
        if memory["normalise"] == "unit":
            x = x / np.linalg.norm(x, axis=1, keepdims=True)
        self.x = x
        self.beta = memory["beta"] / (np.sqrt(x.shape[1]) if memory["scale"] == "attention" else 1)

    def energy(self, k: int, states: Array) -> float:
        s = states[k]
        return float(-log_sum_exp(self.beta * self.x @ s) / self.beta + 0.5 * s @ s
                     + np.log(len(self.x)) / self.beta + 0.5 * (self.x ** 2).sum(axis=1).max())

    def weights(self, s: Array) -> Array:
        return softmax(self.beta * self.x @ s)

    def step(self, s: Array) -> Array:
        return self.weights(s) @ self.x


class Graded:
    """H11; its flow is not integrated here, but its rest is where du/dt = 0."""

    def __init__(self, x: Array, memory: dict) -> None:
        self.w = x.T @ x / x.shape[1]
        if not memory["self_coupling"]:
            np.fill_diagonal(self.w, 0)
        self.gain, self.input = memory["gain"], memory["bias"]

    def energy(self, k: int, states: Array) -> float:
        v = states[k]
        return float(-0.5 * v @ self.w @ v - self.input * v.sum()
                     + logarithm_integral(v).sum() / self.gain)

    def step(self, v: Array) -> Array:
        return np.tanh(self.gain * (self.w @ v + self.input))


class Recall:
    """What a run file says of its network and trials."""

    def __init__(self, run: h5py.File) -> None:
        if plain(run.attrs.get("format", b"")) != "engram-run" or run.attrs["format_version"] > 1:
            raise CannotCheck("not a run file of version 1")
        if plain(run.attrs.get("kind", b"")) != "recall":
            raise CannotCheck("not of engram recall")
        group, values = run["hopfield"], run["config_values"]
        for name in ("states", "energy", "overlap"):
            if name not in group:
                raise CannotCheck(f"/hopfield/{name} is not there")
        self.group = group
        self.real = "pattern_values" in group or group["states"].dtype.kind == "f"
        self.x = (group["pattern_values"][()] if "pattern_values" in group
                  else 2.0 * group["patterns"][()] - 1)
        self.states = group["states"][()] if self.real else 2.0 * group["states"][()] - 1
        self.near, self.activity = float(group.attrs["near"]), float(group.attrs["activity"])
        self.dynamics = {key: plain(data[()]) for key, data in values["dynamics"].items()}
        memory = {key: plain(data[()]) for key, data in values["memory"].items()}
        kind = memory["type"]
        self.attention = kind == "modern"
        if kind == "hopfield":
            self.network = Couplings(self.x, memory, self.activity)
        elif kind == "dense":
            self.network = Dense(self.x, memory)
        elif kind == "bam":
            self.network = Pairs(self.x, int(group.attrs["first"]))
        elif kind == "sequence":
            cyclic = values["patterns"].get("cyclic")
            self.network = Sequence(self.x, memory, bool(cyclic[()]) if cyclic else False)
        elif kind == "modern":
            self.network = Modern(self.x, memory)
        elif kind == "graded":
            self.network = Graded(self.x, memory)
        else:
            raise CannotCheck(f"memory.type = {kind} is not known here")

    def overlaps(self, s: Array) -> Array:
        """D5."""
        if self.real:
            return self.x @ s / (np.linalg.norm(self.x, axis=1) * np.linalg.norm(s))
        f = self.activity
        if f == 0.5:
            return self.x @ s / len(s)
        eta = (1 + self.x) / 2
        return (eta - f) @ ((1 + s) / 2) / ((eta - f) * eta).sum(axis=1)

    def mixture(self, s: Array, m: Array, count: int) -> bool:
        if self.real or self.activity != 0.5 or len(m) < count:
            return False
        largest = np.argsort(-np.abs(m), kind="stable")[:count]
        mixed = np.sign((np.sign(m[largest])[:, None] * self.x[largest]).sum(axis=0))
        return float(mixed @ s) / len(s) >= self.near

    def end(self, s: Array, target: int, rest: int) -> int:
        """D6."""
        m = self.overlaps(s)
        if rest == CYCLE:
            return IN_CYCLE
        if m[target] >= self.near:
            return TARGET
        if m[target] <= -self.near:
            return INVERSE
        if (np.abs(np.delete(m, target)) >= self.near).any():
            return STORED
        for count, name in ((3, MIXTURE_3), (5, MIXTURE_5)):
            if self.mixture(s, m, count):
                return name
        return SPURIOUS


class Differences:
    """The largest difference of each quantity."""

    def __init__(self) -> None:
        self.largest: dict[str, float] = {}
        self.compared: dict[str, int] = {}

    def add(self, name: str, difference: Array | float, count: int = 1) -> None:
        worst = float(np.max(np.abs(difference), initial=0.0))
        before = self.largest.get(name, 0.0)
        self.largest[name] = worst if not worst <= before else before     # keeps a NaN
        self.compared[name] = self.compared.get(name, 0) + count


def check_spins(r: Recall, states: Array, sweeps: int, rest: int, wrong: Differences) -> None:
    """Steps and ends of a network of spins."""
    small = 1e-9 * (1 + np.abs(r.network.field(0, states)).max())
    keep = r.dynamics["tie"] == "keep"
    if r.dynamics["update"] == "synchronous":
        for k in range(sweeps):
            h = r.network.field(k, states)
            sure = np.abs(h) > small
            wrong.add("next", (np.sign(h) != states[k + 1])[sure].sum(), len(h))
            if keep:
                wrong.add("next", (states[k] != states[k + 1])[~sure].sum(), 0)
    h = r.network.field(sweeps, states)
    if rest == FIXED:
        wrong.add("fixed", (h * states[sweeps] < -small).sum(), len(h))
    if rest == CYCLE and sweeps > 0 and not getattr(r.network, "delay", 0):
        once = np.where(np.abs(h) <= small, states[sweeps], np.sign(h))
        h = r.network.field(0, once[None])
        twice = np.where(np.abs(h) <= small, once, np.sign(h))
        wrong.add("cycle", (twice != states[sweeps]).sum())
        wrong.add("cycle", float((once == states[sweeps]).all()), 0)


def check_trial(r: Recall, trial: int, wrong: Differences) -> None:
    group = r.group
    target, rest = int(group["target"][trial]), int(group["rest"][trial])
    recorded = group["energy"][trial]
    last = int(np.isfinite(recorded).sum()) - 1                   # rows are NaN after rest
    states = r.states[trial]
    energy = np.array([r.network.energy(k, states) for k in range(last + 1)])
    size = np.abs(energy).max() + 1
    wrong.add("energy", (energy - recorded[:last + 1]) / size, last + 1)
    wrong.add("energy", (energy[last] - group["energy_end"][trial]) / size, 0)
    if group.attrs["descends"] and r.dynamics["update"] == "asynchronous":
        wrong.add("descent", np.clip(np.diff(energy) / size, 0, None), last)
    overlap = np.array([r.overlaps(states[k])[target] for k in range(last + 1)])
    wrong.add("overlap", overlap - group["overlap"][trial][:last + 1], last + 1)
    if "overlaps" in group:
        wrong.add("overlaps", r.overlaps(states[last]) - group["overlaps"][trial], len(r.x))
    steps = np.diff(states[:last + 1], axis=0)
    if r.real:
        moved = np.abs(steps).max(axis=1, initial=0)
    else:
        moved = (steps != 0).sum(axis=1)
    if r.real or r.dynamics["order"] != "random":     # with replacement a site may move twice
        wrong.add("moved", moved - group["moved"][trial][1:last + 1], last)
    if (states[last:] != states[last]).any():
        wrong.add("repeated", 1.0)
    if r.real:
        if r.attention:
            for k in range(last):
                wrong.add("next", r.network.step(states[k]) - states[k + 1], len(states[k]))
            if "weights" in group:
                for k in range(last + 1):
                    p = r.network.weights(states[k])
                    wrong.add("weights", p - group["weights"][trial, k], len(p))
        if rest == FIXED:
            change = np.abs(r.network.step(states[last]) - states[last]).max()
            allowed = 1e-9 if r.attention else 1e-3    # a flow stops when a step moves it little
            wrong.add("fixed", 0.0 if change <= allowed + 10 * r.dynamics["tolerance"] else change,
                      len(states[last]))
    else:
        check_spins(r, states, last, rest, wrong)
    wrong.add("end", float(r.end(states[last], target, rest) != group["end"][trial]))


def check_file(path: Path, tolerance: float) -> bool:
    with h5py.File(path, "r") as run:
        r = Recall(run)
        kept = len(r.states)
        wrong = Differences()
        for trial in range(kept):
            check_trial(r, trial, wrong)
        print(f"{path}: {plain(run.attrs['name'])}, {plain(r.group.attrs['network'])} "
              f"{plain(r.group.attrs['rule'])}, {r.x.shape[1]} sites, {len(r.x)} patterns, "
              f"{kept} trials kept, at most {int(r.group['sweeps'][:kept].max())} sweeps")
    good = kept > 0
    for name, worst in wrong.largest.items():
        agrees = worst <= tolerance
        good = good and agrees
        print(f"  {name:<9} {worst:9.2e}  of {wrong.compared[name]}"
              + ("" if agrees else "  DIFFERS"))
    if not kept:
        print("  no trial is kept (recall.keep)")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN.h5")
    parser.add_argument("--tolerance", type=float, default=1e-9, metavar="X",
                        help="largest difference allowed (default: 1e-9)")
    args = parser.parse_args()
    result = 0
    for path in args.runs:
        try:
            good = check_file(path, args.tolerance)
        except (CannotCheck, OSError, KeyError) as error:
            print(f"recall_numpy.py: {path}: {error}", file=sys.stderr)
            result = max(result, 2)
        else:
            result = max(result, 0 if good else 1)
    return result


if __name__ == "__main__":
    sys.exit(main())
