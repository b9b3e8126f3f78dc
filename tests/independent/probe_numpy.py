#!/usr/bin/env python3
"""Rebuilds the network of a run file in NumPy and recomputes everything in /probe.

    probe_numpy.py RUN.h5 ...             a table for every sequence recorded
    probe_numpy.py --stepwise RUN.h5 ...  each step from the recorded state of the step before
    probe_numpy.py --tolerance 1e-5 ...   largest difference allowed (default: 1e-4)

Written from docs/run-file.md and docs/equations.md alone, in double precision.  Labels such as N8
are those of equations.md.  Used are `input` and what lies in /parameters and /config_values; every
other dataset of the probe, the values before the first step too, is computed anew and compared.
Left to itself the network is computed as a whole, so that rounding may grow from step to step;
--stepwise tells such growth from a wrong equation.

For each sequence the cost is printed as well: from the logits computed here, and from the `output`
that is recorded (which has lost the logits beyond what its precision holds).

Needs numpy and h5py.  Exit: 0 all agrees, 1 something does not, 2 a file cannot be checked.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Callable

import h5py
import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]
Fields = dict[str, Array]           # by the name of the dataset, for one step or before the first

GIVEN = {"input", "target", "mask", "phase"}     # come from the task, not from the network
COSINE_EPSILON = 1e-8                            # N8, (6)
SCALAR = 0                                       # one number a head, without an axis of its own
WEIGHTING_FLOOR = 1e-30                          # N8, before the logarithm


class CannotCheck(Exception):
    """The file is not a finished run, or of a kind that is not known here."""


def sigmoid(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def softplus(x: Array) -> Array:
    return np.logaddexp(0.0, x)


def softmax(x: Array) -> Array:
    """Along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {"tanh": np.tanh, "sigmoid": sigmoid, "relu": lambda x: np.maximum(x, 0.0)}


def is_data(thing: object) -> bool:
    return isinstance(thing, h5py.Dataset) and not thing.is_scale


def flat(group: h5py.Group) -> dict[str, h5py.Dataset]:
    """All datasets below a group, by their path in it."""
    found: dict[str, h5py.Dataset] = {}

    def keep(name: str, thing: object) -> None:
        if is_data(thing):
            found[name] = thing

    group.visititems(keep)
    return found


def plain(value: object) -> object:
    """A text as str, anything else as it is."""
    return value.decode() if isinstance(value, bytes) else value


class Config(dict):
    """What lies in /config_values, by key: config["memory.slots"]."""

    def __init__(self, run: h5py.File) -> None:
        super().__init__((path.replace("/", "."), plain(data[()]))
                         for path, data in flat(run["config_values"]).items())

    def __missing__(self, key: str) -> object:
        raise CannotCheck(f"/config_values does not have {key}")


class Parameters:
    """What lies in /parameters, and which of it was asked for."""

    def __init__(self, run: h5py.File) -> None:
        if "parameters" not in run:
            raise CannotCheck("there are no /parameters (is the run done?)")
        self.tensors = {name: data[()].astype(np.float64)
                        for name, data in flat(run["parameters"]).items()}
        self.unused = set(self.tensors)

    def get(self, name: str, *shape: int) -> Array:
        """The tensor in the shape that equations.md gives it."""
        if name not in self.tensors:
            raise CannotCheck(f"/parameters/{name} is missing")
        self.unused.discard(name)
        tensor = self.tensors[name]
        stored = shape[1:] if len(shape) == 2 and shape[0] == 1 else shape
        if tensor.shape != stored:
            raise CannotCheck(f"/parameters/{name} has the shape {tensor.shape}, not {stored}")
        return tensor.reshape(shape)


class Layer:
    """One layer of the controller: C1-C6."""

    PARTS = {"feedforward": 1, "rnn": 1, "gru": 3, "lstm": 4}       # G

    def __init__(self, parameters: Parameters, config: Config, index: int, inputs: int,
                 read: int) -> None:
        path = f"controller/layer{index}/"
        self.kind: str = config["controller.type"]
        self.size: int = int(config["controller.size"])
        self.takes_read = index == 0 and read > 0
        suffix = f"_{index}" if config["controller.layers"] > 1 else ""
        self.hidden, self.cell = "hidden" + suffix, "cell" + suffix
        self.state = {"feedforward": [], "lstm": [self.hidden, self.cell]}.get(self.kind,
                                                                             [self.hidden])

        columns = self.PARTS[self.kind] * self.size
        rows = (read if index == 0 else 0) + (self.size if self.state else 0)
        self.weight_input = parameters.get(path + "weight_input", inputs, columns)
        self.weight_recurrent = (parameters.get(path + "weight_recurrent", rows, columns)
                                 if rows else np.zeros((0, columns)))
        self.bias = parameters.get(path + "bias", columns)
        if self.kind == "gru":
            self.bias_recurrent = parameters.get(path + "bias_recurrent", columns)
        if self.kind == "feedforward":
            self.activation = ACTIVATIONS[config["controller.activation"]]

        self.start: Fields = {}
        for name, tensor in zip(self.state, ("hidden_start", "cell_start")):
            learned = config["controller.start"] == "learned"
            self.start[name] = (parameters.get(path + tensor, self.size) if learned
                                else np.zeros(self.size))

    def step(self, u: Array, before: Fields) -> Fields:
        parts = [before["read"].ravel()] if self.takes_read else []
        parts += [before[self.hidden]] if self.state else []
        s = np.concatenate(parts) if parts else np.zeros(0)
        from_input = u @ self.weight_input + self.bias
        recurrent = s @ self.weight_recurrent
        if self.kind == "feedforward":
            return {self.hidden: self.activation(from_input + recurrent)}
        if self.kind == "rnn":
            return {self.hidden: np.tanh(from_input + recurrent)}
        if self.kind == "gru":
            x1, x2, x3 = np.split(from_input, 3)
            y1, y2, y3 = np.split(recurrent + self.bias_recurrent, 3)
            reset, update = sigmoid(x1 + y1), sigmoid(x2 + y2)
            candidate = np.tanh(x3 + reset * y3)
            return {self.hidden: update * before[self.hidden] + (1.0 - update) * candidate}
        zi, zf, zo, zg = np.split(from_input + recurrent, 4)
        cell = sigmoid(zf) * before[self.cell] + sigmoid(zi) * np.tanh(zg)
        return {self.cell: cell, self.hidden: sigmoid(zo) * np.tanh(cell)}


class Memory:
    """The memory of a Neural Turing Machine: part N."""

    def __init__(self, parameters: Parameters, config: Config) -> None:
        self.slots: int = int(config["memory.slots"])
        self.width: int = int(config["memory.width"])
        self.heads = {"read": int(config["memory.read_heads"]),
                      "write": int(config["memory.write_heads"])}
        self.reach: int = int(config["memory.shift_range"])
        self.write_first = config["memory.order"] == "write-read"
        self.read_numbers = self.heads["read"] * self.width
        self.start = self.before_first(parameters, config)

    def before_first(self, parameters: Parameters, config: Config) -> Fields:
        """N12-N14"""
        readers, heads = self.heads["read"], sum(self.heads.values())
        memory = np.full((self.slots, self.width), float(config["memory.start_value"]))
        if config["memory.start"] != "constant":
            memory = parameters.get("memory/start", self.width, self.slots).T
        read = np.zeros(self.read_numbers)
        if config["memory.read_start"] == "learned":
            read = parameters.get("memory/read_start", self.read_numbers)
        weights = np.zeros((heads, self.slots))
        if config["memory.weighting"] == "first":
            weights[:, 0] = 1.0
        elif config["memory.weighting"] == "uniform":
            weights[:] = 1.0 / self.slots
        else:
            logits = parameters.get("memory/weighting_start", heads, self.slots)
            weights = softmax(logits)
        return {"memory": memory, "read": read.reshape(readers, self.width),
                "read_weights": weights[:readers], "write_weights": weights[readers:]}

    def columns(self) -> int:
        return (sum(self.heads.values()) * (self.width + 2 * self.reach + 4)
                + 2 * self.heads["write"] * self.width)

    def given_to_heads(self, xi: Array) -> Fields:
        """N1-N7: what drives the heads, cut from the interface and put into range."""
        parts: list[tuple[str, int, Function]] = []
        for kind, heads in self.heads.items():
            head = [(kind + "_key", self.width, np.tanh),
                    (kind + "_strength", SCALAR, softplus),
                    (kind + "_gate", SCALAR, sigmoid),
                    (kind + "_shift", 2 * self.reach + 1, softmax),
                    (kind + "_sharpening", SCALAR, lambda x: 1.0 + softplus(x))]
            if kind == "write":
                head += [("erase", self.width, sigmoid), ("add", self.width, np.tanh)]
            parts += head * heads
        fields: dict[str, list[Array]] = {}
        at = 0
        for name, count, function in parts:
            columns = function(xi[at:at + (count or 1)])
            fields.setdefault(name, []).append(columns if count else columns[0])
            at += count or 1
        return {name: np.array(values) for name, values in fields.items()}

    def weigh(self, kind: str, given: Fields, before: Array, memory: Array) -> Array:
        """N8 for all heads of a kind: keys and weightings have one row a head."""
        key, shift = given[kind + "_key"], given[kind + "_shift"]
        strength, gate, sharpening = (given[f"{kind}_{name}"][:, None]
                                      for name in ("strength", "gate", "sharpening"))
        key_norm = np.sqrt((key * key).sum(axis=1) + COSINE_EPSILON)
        slot_norm = np.sqrt((memory * memory).sum(axis=1) + COSINE_EPSILON)
        cosine = key @ memory.T / (key_norm[:, None] * slot_norm)
        gated = gate * softmax(strength * cosine) + (1.0 - gate) * before
        shifted = np.zeros_like(gated)
        for offset in range(-self.reach, self.reach + 1):
            shifted += np.roll(gated, offset, axis=1) * shift[:, offset + self.reach, None]
        return softmax(sharpening * np.log(np.maximum(shifted, WEIGHTING_FLOOR)))

    def write(self, given: Fields, weights: Array, memory: Array) -> Array:
        """N10"""
        kept = np.prod(1.0 - weights[:, :, None] * given["erase"][:, None, :], axis=0)
        return memory * kept + weights.T @ given["add"]

    def step(self, xi: Array, before: Fields) -> Fields:
        now = self.given_to_heads(xi)
        old = before["memory"]
        now["write_weights"] = self.weigh("write", now, before["write_weights"], old)
        now["memory"] = self.write(now, now["write_weights"], old)
        seen = now["memory"] if self.write_first else old
        now["read_weights"] = self.weigh("read", now, before["read_weights"], seen)
        now["read"] = now["read_weights"] @ seen            # N9
        return now


class Network:
    """M1-M4: a controller, and a memory or none."""

    def __init__(self, run: h5py.File, inputs: int, outputs: int) -> None:
        config = Config(run)
        self.parameters = parameters = Parameters(run)
        if config["memory.type"] not in ("none", "ntm"):
            raise CannotCheck(f"the memory '{config['memory.type']}' is not known here")
        self.memory = Memory(parameters, config) if config["memory.type"] == "ntm" else None
        read = self.memory.read_numbers if self.memory else 0

        self.layers: list[Layer] = []
        size = inputs + read                                # the controller `none`
        if config["controller.type"] != "none":
            if config["controller.type"] not in Layer.PARTS:
                raise CannotCheck(f"the controller '{config['controller.type']}' is not known here")
            size = inputs
            for index in range(int(config["controller.layers"])):
                self.layers.append(Layer(parameters, config, index, size, read))
                size = self.layers[-1].size
        if self.memory:
            columns = self.memory.columns()
            self.interface = (parameters.get("interface/weight", size, columns),
                              parameters.get("interface/bias", columns))
        self.out = (parameters.get("output/weight", size + read, outputs),
                    parameters.get("output/bias", outputs))

    def start(self) -> Fields:
        fields: Fields = dict(self.memory.start) if self.memory else {}
        for layer in self.layers:
            fields.update(layer.start)
        return fields

    def step(self, x: Array, before: Fields) -> tuple[Fields, Array]:
        """All fields of a step, and the logits."""
        now: Fields = {}
        if self.layers:
            h = x
            for layer in self.layers:
                now.update(layer.step(h, before))
                h = now[layer.hidden]
        else:
            h = np.concatenate([x, before["read"].ravel()]) if self.memory else x
        seen = h
        if self.memory:
            weight, bias = self.interface
            now.update(self.memory.step(h @ weight + bias, before))
            seen = np.concatenate([h, now["read"].ravel()])
        logits = seen @ self.out[0] + self.out[1]
        now["output"] = sigmoid(logits)
        return now, logits


def recompute(network: Network, recorded: Fields, stepwise: bool) -> tuple[Fields, Array]:
    """All datasets of a probe that come from the network, and the logits of all steps."""
    start = network.start()
    before, steps, logits = start, [], []
    for t, x in enumerate(recorded["input"]):
        if stepwise:
            before = {name: recorded[name][t - 1] if t else recorded[name + "_start"]
                      for name in start}
        before, y = network.step(x, before)
        steps.append(before)
        logits.append(y)
    fields = {name: np.array([step[name] for step in steps]) for name in steps[0]}
    fields.update({name + "_start": value for name, value in start.items()})
    return fields, np.array(logits)


def cost(logits: Array, target: Array, mask: Array) -> tuple[float, int]:
    """L1 in bits, and the number of wrong bits."""
    asked = mask[:, None] != 0
    bits = (asked * (softplus(logits) - target * logits)).sum() / np.log(2.0)
    return float(bits), int((asked & ((logits > 0.0) != (target > 0.5))).sum())


def logits_of(output: Array) -> Array:
    """The logits of recorded probabilities; those that were rounded to 0 or 1 are held finite."""
    smallest = np.finfo(np.float32).tiny
    largest = 1.0 - np.finfo(np.float32).epsneg
    p = np.clip(output.astype(np.float64), smallest, largest)
    return np.log(p) - np.log1p(-p)


def check_probe(run: h5py.File, group: h5py.Group, args: argparse.Namespace) -> bool:
    """Prints the table of one sequence; whether all of it agrees."""
    recorded = {name: data[()].astype(np.float64) for name, data in flat(group).items()}
    network = Network(run, recorded["input"].shape[1], recorded["output"].shape[1])
    computed, logits = recompute(network, recorded, args.stepwise)

    print(f"{group.name}, {len(logits)} steps")
    good = True
    for name in sorted((set(recorded) - GIVEN) | set(computed)):
        if name not in recorded or name not in computed:
            where = "recorded" if name not in recorded else "computed"
            print(f"  {name:<22} is not {where}")
            good = False
            continue
        if recorded[name].shape != computed[name].shape:
            print(f"  {name:<22} {recorded[name].shape} recorded, {computed[name].shape} computed")
            good = False
            continue
        difference = float(np.abs(recorded[name] - computed[name]).max(initial=0.0))
        agrees = difference <= args.tolerance        # no when it is not a number
        good = good and agrees
        largest = float(np.abs(recorded[name]).max(initial=0.0))
        print(f"  {name:<22} {difference:9.2e}  of at most {largest:9.3g}"
              + ("" if agrees else "  DIFFERS"))
    for name in sorted(network.parameters.unused):
        print(f"  /parameters/{name} is of no use to the equations")
        good = False

    here, wrong_here = cost(logits, recorded["target"], recorded["mask"])
    there, wrong_there = cost(logits_of(recorded["output"]), recorded["target"], recorded["mask"])
    print(f"  cost {here:.6g} bit, {wrong_here} bits wrong;"
          f" from the recorded output {there:.6g} bit, {wrong_there} bits wrong")
    return good


def check_file(path: Path, args: argparse.Namespace) -> bool:
    with h5py.File(path, "r") as run:
        if plain(run.attrs.get("format", b"")) != "engram-run" or run.attrs["format_version"] > 1:
            raise CannotCheck("not a run file of version 1")
        probes = list(run["probe"].values()) if "probe" in run else []
        if not probes:
            raise CannotCheck("there is nothing in /probe")
        print(f"{path}: {plain(run.attrs['name'])}, {plain(run.attrs['status'])}")
        return all([check_probe(run, group, args) for group in probes])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN.h5")
    parser.add_argument("--tolerance", type=float, default=1e-4, metavar="X",
                        help="largest absolute difference allowed (default: 1e-4)")
    parser.add_argument("--stepwise", action="store_true",
                        help="compute each step from the recorded state of the step before")
    args = parser.parse_args()
    result = 0
    for path in args.runs:
        try:
            good = check_file(path, args)
        except (CannotCheck, OSError, KeyError) as error:
            print(f"probe_numpy.py: {path}: {error}", file=sys.stderr)
            result = max(result, 2)
        else:
            result = max(result, 0 if good else 1)
    return result


if __name__ == "__main__":
    sys.exit(main())
