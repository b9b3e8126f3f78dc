#!/usr/bin/env python3
"""Make ntm_6steps.h5: one small Neural Turing Machine, every number of it, in float64.

    python3 tests/golden/make_ntm.py [-o FILE]

The network is computed twice from the equations of Graves, Wayne and Danihelka (arXiv:1410.5401):
once in NumPy, a sequence and a slot at a time as the paper writes it, and once in PyTorch, batched,
for the gradients.  The file holds the NumPy values and the PyTorch gradients, and is written only
if the two agree: every value, and every gradient of a parameter or an input against the
complex-step derivative of the NumPy loss, Im L(p + ih) / h, which hardly rounds.

Neighbouring dimensions differ, so that a transposed index cannot hide; the sequences have lengths 6
and 4 and the padding holds noise, so that a missing mask cannot hide either.  The tests read the
file and do not need Python.  Needs numpy, h5py and PyTorch.
"""
from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import h5py
import numpy as np
import torch

T, B = 6, 2              # steps, sequences
I, H, O = 3, 7, 2        # widths of input, LSTM state, output
N, M = 5, 4              # slots, width of a slot
R, W = 2, 1              # read heads, write heads
OFFSETS = (-1, 0, 1)     # shifts, in the order of the columns
S = len(OFFSETS)
LENGTHS = (6, 4)
GUARD = 1e-8             # added to both squared norms of the cosine
SEED = 2                 # of the first few, the one whose gates and strengths spread widest

ADDRESS = M + 1 + 1 + S + 1              # interface columns of a read head
WRITE = ADDRESS + M + M                  # and of a write head
INTERFACE = R * ADDRESS + W * WRITE

# Parameters: name -> (shape by letters, shape, scale of the normal draw, meaning).
PARAMETERS = {
    "controller/weight": ("I+R*M+H,4*H", (I + R * M + H, 4 * H), 0.4,
                          "rows: input, reads (head-major), h; columns: gates i, f, o, candidate"),
    "controller/bias": ("4*H", (4 * H,), 0.4, "of the gates i, f, o, candidate"),
    "controller/h0": ("H", (H,), 0.5, "h before the first step"),
    "controller/c0": ("H", (H,), 0.5, "c before the first step"),
    "interface/weight": ("H,Z", (H, INTERFACE), 1.5,
                         "columns, for each read head, then each write head: key (M), strength, "
                         "gate, shift (-1, 0, +1), sharpening; write heads: erase (M), add (M)"),
    "interface/bias": ("Z", (INTERFACE,), 1.0, "columns as interface/weight"),
    "output/weight": ("H+R*M,O", (H + R * M, O), 0.6, "rows: h, reads (head-major)"),
    "output/bias": ("O", (O,), 0.4, "of the logits"),
    "memory/initial": ("N,M", (N, M), 0.6, "memory before the first step"),
    "memory/initial_reads": ("R,M", (R, M), 0.5, "reads before the first step"),
    "memory/initial_read_logits": ("R,N", (R, N), 0.8,
                                   "softmax over slots: read weights before the first step"),
    "memory/initial_write_logits": ("W,N", (W, N), 0.8,
                                    "softmax over slots: write weights before the first step"),
}

# Values a head leaves behind: name -> (shape after T, B, heads; meaning).
ADDRESSING = {
    "key": ("M", "k, tanh"),
    "strength": ("", "beta, softplus"),
    "gate": ("", "g, sigmoid"),
    "shift": ("S", "s, softmax over the offsets -1, 0, +1"),
    "sharpening": ("", "gamma, 1 + softplus"),
    "similarity": ("N", "K, guarded cosine of key and slot"),
    "content": ("N", "w_c, softmax of strength * similarity"),
    "gated": ("N", "w_g, g w_c + (1 - g) w of the step before"),
    "shifted": ("N", "w~, circular convolution of w_g and s"),
    "weights": ("N", "w, w~ ^ gamma, normalised"),
}
VALUES = {
    "controller/gates": ("T,B,4*H", "before their activations: i, f, o, candidate"),
    "controller/c": ("T,B,H", "cell state, f c + i tanh(candidate)"),
    "controller/h": ("T,B,H", "o tanh(c)"),
    "interface": ("T,B,Z", "before the activations"),
    **{f"{kind}/{name}": (f"T,B,{heads}" + (f",{dims}" if dims else ""), meaning)
       for kind, heads in (("write", "W"), ("read", "R"))
       for name, (dims, meaning) in ADDRESSING.items()},
    "write/erase": ("T,B,W,M", "e, sigmoid"),
    "write/add": ("T,B,W,M", "a, tanh"),
    "memory": ("T,B,N,M", "after the step's writing"),
    "reads": ("T,B,R,M", "of the memory just written"),
    "logits": ("T,B,O", "y, before the sigmoid"),
}

# A gate's value is a sum of some twenty rounded products and passes six steps: errors of a few
# hundred ulp, 1e-13.  The tolerances leave a factor of a thousand for other orders of summation and
# other exponentials, and are still far below what any slip in an equation would give.
EXACT, VALUE_RTOL, GRADIENT_RTOL = 0.0, 1e-10, 1e-9
VALUE_ATOL, GRADIENT_ATOL = 1e-13, 1e-12      # for entries near zero, of data of order one


# ---- NumPy: the equations as they stand, for one sequence; complex numbers may pass through ----

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log(1 + np.exp(x))


def softmax(x):
    e = np.exp(x)
    return e / e.sum()


def address(z, memory, w_before) -> dict:
    """One head's addressing of memory (N, M): interface columns z, weights of the step before."""
    v = {"key": np.tanh(z[:M]), "strength": softplus(z[M]), "gate": sigmoid(z[M + 1]),
         "shift": softmax(z[M + 2:M + 2 + S]), "sharpening": 1 + softplus(z[M + 2 + S])}
    k = v["key"]
    v["similarity"] = np.array([(k * m).sum() / (np.sqrt((k * k).sum() + GUARD) *
                                                 np.sqrt((m * m).sum() + GUARD)) for m in memory])
    v["content"] = softmax(v["strength"] * v["similarity"])
    v["gated"] = v["gate"] * v["content"] + (1 - v["gate"]) * w_before
    v["shifted"] = np.array([sum(v["gated"][(i - o) % N] * s for o, s in zip(OFFSETS, v["shift"]))
                             for i in range(N)])
    powered = v["shifted"] ** v["sharpening"]
    v["weights"] = powered / powered.sum()
    return v


def run_sequence(p: dict, x, steps: int) -> dict:
    """All values of one sequence, each with the axis T in front."""
    h, c, memory, reads = (p[name] for name in ("controller/h0", "controller/c0", "memory/initial",
                                                "memory/initial_reads"))
    w_read = [softmax(row) for row in p["memory/initial_read_logits"]]
    w_write = [softmax(row) for row in p["memory/initial_write_logits"]]
    seen: dict[str, list] = {name: [] for name in VALUES}

    for t in range(steps):
        row = {}
        joined = np.concatenate([x[t], reads.ravel(), h])
        gates = joined @ p["controller/weight"] + p["controller/bias"]
        i, f, o, candidate = gates.reshape(4, H)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        z = h @ p["interface/weight"] + p["interface/bias"]
        row.update({"controller/gates": gates, "controller/c": c, "controller/h": h,
                    "interface": z})

        writers = []
        kept, added = np.ones((N, M)), np.zeros((N, M))
        for head in range(W):
            columns = z[R * ADDRESS + head * WRITE:][:WRITE]
            v = address(columns[:ADDRESS], memory, w_write[head])
            v["erase"] = sigmoid(columns[ADDRESS:ADDRESS + M])
            v["add"] = np.tanh(columns[ADDRESS + M:])
            kept = kept * (1 - np.outer(v["weights"], v["erase"]))
            added = added + np.outer(v["weights"], v["add"])
            writers.append(v)
        memory = memory * kept + added
        w_write = [v["weights"] for v in writers]

        readers = [address(z[head * ADDRESS:][:ADDRESS], memory, w_read[head]) for head in range(R)]
        w_read = [v["weights"] for v in readers]
        reads = np.array([w @ memory for w in w_read])
        y = np.concatenate([h, reads.ravel()]) @ p["output/weight"] + p["output/bias"]

        row.update({"memory": memory, "reads": reads, "logits": y})
        for kind, heads in (("write", writers), ("read", readers)):
            row.update({f"{kind}/{name}": np.array([v[name] for v in heads]) for name in heads[0]})
        for name, value in row.items():
            seen[name].append(value)
    return {name: np.array(value) for name, value in seen.items()}


def sequence_loss(logits, target, mask):
    """Cross-entropy [nat] of the scored entries of one sequence."""
    y = sigmoid(logits)
    entropy = -target * np.log(y) - (1 - target) * np.log(1 - y)
    return (mask[:, None] * entropy).sum()


# ---- PyTorch: the same network, batched, with every value kept for its gradient ----

def address_batch(z, memory, w_before) -> dict:
    """Heads at once: z (B, heads, ADDRESS), memory (B, N, M), w_before (B, heads, N)."""
    key, strength, gate, shift, sharpening = z.split([M, 1, 1, S, 1], -1)
    v = {"key": key.tanh(), "strength": torch.nn.functional.softplus(strength).squeeze(-1),
         "gate": gate.sigmoid().squeeze(-1), "shift": shift.softmax(-1),
         "sharpening": 1 + torch.nn.functional.softplus(sharpening).squeeze(-1)}
    norms = [(a.square().sum(-1) + GUARD).sqrt() for a in (v["key"], memory)]
    v["similarity"] = (torch.einsum("bhm,bnm->bhn", v["key"], memory)
                       / (norms[0][:, :, None] * norms[1][:, None, :]))
    v["content"] = (v["strength"][..., None] * v["similarity"]).softmax(-1)
    g = v["gate"][..., None]
    v["gated"] = g * v["content"] + (1 - g) * w_before
    v["shifted"] = sum(v["gated"].roll(o, -1) * v["shift"][..., j, None]
                       for j, o in enumerate(OFFSETS))
    v["weights"] = (v["sharpening"][..., None] * v["shifted"].log()).softmax(-1)
    return v


def run_batch(p: dict, x) -> dict:
    """All values of the batch, each a list of T tensors."""
    h, c, memory, reads = (p[name].expand(B, *p[name].shape)
                           for name in ("controller/h0", "controller/c0", "memory/initial",
                                        "memory/initial_reads"))
    w_read, w_write = (p[f"memory/initial_{kind}_logits"].softmax(-1).expand(B, -1, -1)
                       for kind in ("read", "write"))
    seen: dict[str, list] = {name: [] for name in VALUES}
    for x_t in x:
        gates = (torch.cat([x_t, reads.flatten(1), h], 1) @ p["controller/weight"]
                 + p["controller/bias"])
        i, f, o, candidate = gates.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
        h = o.sigmoid() * c.tanh()
        z = h @ p["interface/weight"] + p["interface/bias"]
        z_read = z[:, :R * ADDRESS].reshape(B, R, ADDRESS)
        z_write, erase, add = z[:, R * ADDRESS:].reshape(B, W, WRITE).split([ADDRESS, M, M], -1)

        writers = address_batch(z_write, memory, w_write)
        writers |= {"erase": erase.sigmoid(), "add": add.tanh()}
        w_write = writers["weights"]
        memory = (memory * (1 - w_write[..., None] * writers["erase"][:, :, None]).prod(1)
                  + torch.einsum("bhn,bhm->bnm", w_write, writers["add"]))
        readers = address_batch(z_read, memory, w_read)
        w_read = readers["weights"]
        reads = w_read @ memory
        y = torch.cat([h, reads.flatten(1)], 1) @ p["output/weight"] + p["output/bias"]

        row = {"controller/gates": gates, "controller/c": c, "controller/h": h, "interface": z,
               "memory": memory, "reads": reads, "logits": y}
        for kind, heads in (("write", writers), ("read", readers)):
            row |= {f"{kind}/{name}": value for name, value in heads.items()}
        for name, value in row.items():
            value.retain_grad()
            seen[name].append(value)
    return seen


# ---- The case, its check, its file ----

def draw_case() -> tuple[dict, dict]:
    """Inputs and parameters from a fixed seed."""
    rng = np.random.default_rng(SEED)
    parameters = {name: scale * rng.standard_normal(shape)
                  for name, (_, shape, scale, _) in PARAMETERS.items()}
    mask = np.array([[1.0 if 0 < t < length else 0.0 for length in LENGTHS] for t in range(T)])
    inputs = {"input": rng.standard_normal((T, B, I)),
              "target": rng.integers(0, 2, (T, B, O)).astype(float),
              "mask": mask}
    return inputs, parameters


def compute(inputs: dict, parameters: dict) -> tuple[dict, dict]:
    """Values from NumPy and gradients from PyTorch, both checked against the other."""
    sequences = [run_sequence(parameters, inputs["input"][:, b], T) for b in range(B)]
    values = {name: np.stack([s[name] for s in sequences], 1) for name in VALUES}
    losses = np.array([sequence_loss(values["logits"][:, b], inputs["target"][:, b],
                                     inputs["mask"][:, b]) for b in range(B)])
    values |= {"sequence_loss": losses, "loss": losses.mean()}

    p = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    x = torch.tensor(inputs["input"], requires_grad=True)
    seen = run_batch(p, x)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.stack(seen["logits"]), torch.tensor(inputs["target"]), reduction="none")
    loss = (torch.tensor(inputs["mask"])[:, :, None] * entropy).sum() / B
    loss.backward()

    def gradient(tensor):
        return np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()

    for name in VALUES:
        other = torch.stack(seen[name]).detach().numpy()
        np.testing.assert_allclose(other, values[name], rtol=1e-11, atol=1e-14, err_msg=name)
    np.testing.assert_allclose(loss.item(), values["loss"], rtol=1e-13)

    gradients = {f"parameters/{name}": gradient(tensor) for name, tensor in p.items()}
    gradients["input"] = gradient(x)
    gradients |= {f"values/{name}": np.stack([gradient(tensor) for tensor in tensors])
                  for name, tensors in seen.items()}
    check_gradients(inputs, parameters, gradients)
    return values, gradients


def check_gradients(inputs: dict, parameters: dict, gradients: dict) -> None:
    """All components for all parameters and the input, by the complex step; padding gives zero."""
    def loss(p, x):
        return sum(sequence_loss(run_sequence(p, x[:, b], LENGTHS[b])["logits"],
                                 inputs["target"][:LENGTHS[b], b], inputs["mask"][:LENGTHS[b], b])
                   for b in range(B)) / B

    step = 1e-30
    for name in [*(f"parameters/{key}" for key in parameters), "input"]:
        p, x = dict(parameters), inputs["input"]
        at = (x if name == "input" else parameters[name.split("/", 1)[1]]).astype(complex)
        if name == "input":
            x = at
        else:
            p[name.split("/", 1)[1]] = at
        derivative = np.empty(at.shape)
        for i in np.ndindex(at.shape):
            at[i] += step * 1j
            derivative[i] = loss(p, x).imag / step
            at[i] -= step * 1j
        np.testing.assert_allclose(gradients[name], derivative, rtol=1e-10, atol=1e-13,
                                   err_msg=name)

    for name, gradient in gradients.items():
        if not name.startswith("parameters/"):
            for b, length in enumerate(LENGTHS):
                assert not gradient[length:, b].any(), f"{name}: the padding has a gradient"


def write(path: Path, inputs: dict, parameters: dict, values: dict, gradients: dict) -> None:
    """The file, readable by HDF5 1.10, with nothing in it that depends on the day."""
    script = Path(__file__)
    with h5py.File(path, "w", libver=("earliest", "v110")) as file:
        def text(where, name: str, value: str) -> None:
            where.attrs.create(name, np.bytes_(value))

        def put(name: str, data, dims: str, meaning: str, rtol: float, atol: float) -> None:
            of_loss = name.endswith("loss") or name.startswith("gradients/")
            dataset = file.create_dataset(name, data=data)
            dataset.attrs["rtol"], dataset.attrs["atol"] = rtol, atol
            text(dataset, "dims", dims)
            text(dataset, "long_name", meaning)
            text(dataset, "units", "nat" if of_loss else "1")

        text(file, "title", "a Neural Turing Machine over six steps, in float64")
        text(file, "source", "Graves, Wayne, Danihelka 2014, arXiv:1410.5401, equations (2) to (9)")
        text(file, "made_by", f"python3 tests/golden/{script.name}")
        text(file, "script_sha256", hashlib.sha256(script.read_bytes()).hexdigest())
        text(file, "tolerance", "|got - want| <= atol + rtol |want|, attributes of each dataset")
        text(file, "padding", "steps at and after a sequence's length were run on, over noise: "
                              "compare /values there only if the program runs on too; gradients "
                              "there are 0")
        text(file, "order", "write heads address and change the memory of the step before; read "
                            "heads address and read the result")
        for letter, size in zip("TBIHONMRWSZ", (T, B, I, H, O, N, M, R, W, S, INTERFACE)):
            file.attrs[letter] = np.int64(size)
        file.attrs["cosine_guard"] = GUARD
        file.attrs["shift_offsets"] = np.array(OFFSETS, dtype=np.int64)

        put("inputs/input", inputs["input"], "T,B,I", "x", EXACT, EXACT)
        put("inputs/target", inputs["target"], "T,B,O", "bits", EXACT, EXACT)
        put("inputs/mask", inputs["mask"], "T,B", "1 where a step is scored", EXACT, EXACT)
        put("inputs/lengths", np.array(LENGTHS, dtype=np.int64), "B", "steps of each sequence",
            EXACT, EXACT)
        for name, (dims, _, _, meaning) in PARAMETERS.items():
            put(f"parameters/{name}", parameters[name], dims, meaning, EXACT, EXACT)
            put(f"gradients/parameters/{name}", gradients[f"parameters/{name}"], dims,
                f"of the loss, by parameters/{name}", GRADIENT_RTOL, GRADIENT_ATOL)
        for name, (dims, meaning) in VALUES.items():
            put(f"values/{name}", values[name], dims, meaning, VALUE_RTOL, VALUE_ATOL)
            put(f"gradients/values/{name}", gradients[f"values/{name}"], dims,
                f"of the loss, by values/{name}, through everything after it", GRADIENT_RTOL,
                GRADIENT_ATOL)
        put("gradients/input", gradients["input"], "T,B,I", "of the loss, by inputs/input",
            GRADIENT_RTOL, GRADIENT_ATOL)
        put("values/sequence_loss", values["sequence_loss"], "B",
            "sigmoid cross-entropy, summed over the scored entries of each sequence", VALUE_RTOL,
            VALUE_ATOL)
        put("values/loss", values["loss"], "", "mean of sequence_loss", VALUE_RTOL, VALUE_ATOL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="[%(default)s]",
                        default=Path(__file__).parent / "ntm_6steps.h5")
    output = parser.parse_args().output
    torch.set_num_threads(1)
    inputs, parameters = draw_case()
    values, gradients = compute(inputs, parameters)
    write(output, inputs, parameters, values, gradients)
    print(f"{output}: loss {values['loss']:.17g} nat; NumPy, PyTorch and the complex step agree")


if __name__ == "__main__":
    main()
