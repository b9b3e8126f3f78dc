#!/usr/bin/env python3
"""How fast engram trains a Neural Turing Machine, next to PyTorch, in one run on one machine.

    bench_torch.py [ENGRAM]               table, ENGRAM is the program's path (default: from PATH)
    bench_torch.py --torch-only           the PyTorch half alone
    bench_torch.py --cosine torch ...     content by torch's cosine_similarity: common, and slower
    bench_torch.py --json [ENGRAM]        one JSON object instead of the table

Both sides do full updates (forward, backward, clipping, RMSProp) of the same network on the copy
task at length 20: LSTM controller of 100 cells, memory of 128 slots x 20, one read and one write
head, shifts by -1, 0, +1.  They take turns, so that a drift of the clock or another program's load
falls on both.

The PyTorch network is written the usual way, batched and without wasted work: one linear layer for
both heads, bmm for content and reads, baddbmm for the write, the output layer once for all steps.
Its batches are drawn beforehand and not timed.  It runs with 1 and 2 threads; the faster counts.

Needs PyTorch 1.13 (Debian's python3-torch) or newer.  Exit: 0 done, 1 no PyTorch or no engram,
4 a target was missed and --require was given.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from typing import Callable

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional as F
except ImportError as err:
    sys.exit(f"bench_torch.py needs PyTorch, which cannot be imported here ({err}).\n"
             "Install it with 'apt install python3-torch' or 'pip install torch'.")

BITS, LENGTH = 8, 20
INPUTS = BITS + 1                  # the bits and the delimiter
STEPS = 2 * LENGTH + 1             # the bits, the delimiter, the answer
CELLS, SLOTS, WIDTH = 100, 128, 20
SHIFTS = (-1, 0, 1)
HEAD = WIDTH + 1 + 1 + len(SHIFTS) + 1      # key, strength, gate, shift, sharpening

TARGETS = {1: 80.0, 16: 20.0, 64: 15.0}     # engram on one thread over PyTorch, at each batch size
THREADS_TARGET, THREADS_FROM = 1.8, 16      # two threads over one, from this batch size up
THREADS = (1, 2)


Cosine = Callable[[Tensor, Tensor], Tensor]


class NTM(nn.Module):
    """A Neural Turing Machine (Graves et al. 2014) that writes, then reads, at every step."""

    def __init__(self, cosine: Cosine) -> None:
        super().__init__()
        self.cosine = cosine
        self.cell = nn.LSTMCell(INPUTS + WIDTH, CELLS)
        self.interface = nn.Linear(CELLS, 2 * HEAD + 2 * WIDTH)
        self.output = nn.Linear(CELLS + WIDTH, BITS)
        self.h = nn.Parameter(0.1 * torch.randn(CELLS))
        self.c = nn.Parameter(0.1 * torch.randn(CELLS))
        self.read = nn.Parameter(0.1 * torch.randn(WIDTH))
        self.weights = nn.Parameter(torch.zeros(2, SLOTS))
        self.register_buffer("memory", torch.full((SLOTS, WIDTH), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (T, B, bits) from inputs (T, B, inputs)."""
        batch = x.shape[1]
        h, c, read = (p.expand(batch, -1) for p in (self.h, self.c, self.read))
        memory = self.memory.expand(batch, -1, -1)
        w_write, w_read = (w.expand(batch, -1) for w in self.weights.softmax(1))
        seen = []
        for x_t in x:
            h, c = self.cell(torch.cat([x_t, read], 1), (h, c))
            p_write, p_read, erase, add = self.interface(h).split([HEAD, HEAD, WIDTH, WIDTH], 1)

            w_write = address(memory, w_write, p_write, self.cosine)
            w = w_write.unsqueeze(2)
            kept = 1 - w * torch.sigmoid(erase).unsqueeze(1)
            memory = torch.baddbmm(memory * kept, w, torch.tanh(add).unsqueeze(1))

            w_read = address(memory, w_read, p_read, self.cosine)
            read = torch.bmm(w_read.unsqueeze(1), memory).squeeze(1)
            seen.append(torch.cat([h, read], 1))
        return self.output(torch.stack(seen))


def cosine_bmm(memory: Tensor, key: Tensor) -> Tensor:
    """Cosine of each slot (B, N, M) and the key (B, M), as one batched product."""
    dot = torch.bmm(memory, key.unsqueeze(2)).squeeze(2)
    return dot / (memory.norm(dim=2) * key.norm(dim=1, keepdim=True) + 1e-8)


def cosine_torch(memory: Tensor, key: Tensor) -> Tensor:
    """The same by PyTorch's own function."""
    return F.cosine_similarity(memory, key.unsqueeze(1), dim=2)


COSINES: dict[str, Cosine] = {"bmm": cosine_bmm, "torch": cosine_torch}


def address(memory: Tensor, w_prev: Tensor, p: Tensor, cosine: Cosine) -> Tensor:
    """One head's weighting (B, N): content, gate, shift, sharpening; equations (5) to (9)."""
    key, strength, gate, shift, sharpening = p.split([WIDTH, 1, 1, len(SHIFTS), 1], 1)
    content = torch.softmax(F.softplus(strength) * cosine(memory, torch.tanh(key)), 1)
    w = torch.lerp(w_prev, content, torch.sigmoid(gate))
    around = torch.stack([w.roll(by, 1) for by in SHIFTS], 2)
    w = torch.bmm(around, torch.softmax(shift, 1).unsqueeze(2)).squeeze(2)
    w = w ** (1 + F.softplus(sharpening))
    return w / (w.sum(1, keepdim=True) + 1e-8)


def copy_batch(batch: int) -> tuple[Tensor, Tensor]:
    """Inputs (T, B, bits + 1) and the bits to copy (L, B, bits)."""
    bits = torch.randint(0, 2, (LENGTH, batch, BITS)).float()
    x = torch.zeros(STEPS, batch, INPUTS)
    x[:LENGTH, :, :BITS] = bits
    x[LENGTH, :, BITS] = 1
    return x, bits


class TorchTrainer:
    """A network in training at one batch size."""

    def __init__(self, batch: int, cosine: Cosine) -> None:
        torch.manual_seed(1)
        self.batch = batch
        self.net = NTM(cosine)
        self.optimiser = torch.optim.RMSprop(self.net.parameters(), lr=1e-4, alpha=0.95, eps=1e-4,
                                             momentum=0.9, centered=True)
        self.batches = [copy_batch(batch) for _ in range(8)]

    def update(self, i: int) -> None:
        x, bits = self.batches[i % len(self.batches)]
        logits = self.net(x)[-LENGTH:]
        loss = F.binary_cross_entropy_with_logits(logits, bits, reduction="sum") / self.batch
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_value_(self.net.parameters(), 10.0)
        self.optimiser.step()

    def sequences_per_second(self, threads: int, seconds: float) -> float:
        """From the median update of those that fit in the time: at least 5, after 2 to warm up."""
        torch.set_num_threads(threads)
        took: list[float] = []
        start = time.perf_counter()
        for i in range(-2, sys.maxsize):
            before = time.perf_counter()
            self.update(i)
            now = time.perf_counter()
            if i >= 0:
                took.append(now - before)
            if len(took) >= 5 and now - start > seconds:
                break
        return self.batch / statistics.median(took)


def engram_sequences_per_second(engram: str, batch: int, threads: int) -> float:
    command = [engram, "bench", "ntm/copy", "--json", "-s", f"train.batch={batch}",
               "--threads", str(threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"'{' '.join(command)}' ended with {done.returncode}:\n{done.stderr.strip()}")
    try:
        return float(json.loads(done.stdout)["sequences_per_second"])
    except (ValueError, KeyError, TypeError) as err:
        sys.exit(f"'{' '.join(command)}' printed no JSON object with a number "
                 f"'sequences_per_second' ({err!r}):\n{done.stdout.strip()}")


def measure(batch: int, cosine: str, engram: str | None, rounds: int, seconds: float) -> dict:
    """One row of the table: the median over the rounds of everything, and the ratios."""
    trainer = TorchTrainer(batch, COSINES[cosine])
    runs: dict[str, list[float]] = {}
    for _ in range(rounds):
        for threads in THREADS:
            runs.setdefault(f"torch_{threads}", []).append(
                trainer.sequences_per_second(threads, seconds))
            if engram:
                runs.setdefault(f"engram_{threads}", []).append(
                    engram_sequences_per_second(engram, batch, threads))

    row: dict = {"batch": batch}
    row.update((name, statistics.median(values)) for name, values in runs.items())
    row["torch_best"] = max(row[f"torch_{threads}"] for threads in THREADS)
    if engram:
        row["ratio"] = row["engram_1"] / row["torch_best"]
        row["ratio_target"] = TARGETS.get(batch)
        row["threads_ratio"] = row["engram_2"] / row["engram_1"]
        row["threads_target"] = THREADS_TARGET if batch >= THREADS_FROM else None
        row["met"] = (row["ratio"] >= (row["ratio_target"] or 0)
                      and row["threads_ratio"] >= (row["threads_target"] or 0))
    row["rounds"] = runs
    return row


def table(rows: list[dict], engram: str | None) -> str:
    """The rows as text, the speeds in sequences per second."""
    def times(value: float, target: float | None) -> str:
        if target is None:
            return f"{value:.2f}x"
        return f"{value:.2f}x {'>=' if value >= target else '< '} {target:g}x"

    head = ["batch", "torch 1", "torch 2", "torch best"]
    if engram:
        head += ["engram 1", "engram 2", "engram 1 / torch best", "engram 2 / 1"]
    lines = [head]
    for row in rows:
        line = [str(row["batch"])]
        line += [f"{row[key]:.1f}" for key in ("torch_1", "torch_2", "torch_best")]
        if engram:
            line += [f"{row[key]:.1f}" for key in ("engram_1", "engram_2")]
            line += [times(row["ratio"], row["ratio_target"]),
                     times(row["threads_ratio"], row["threads_target"])]
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths)) for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engram", nargs="?", default="engram",
                        help="program to measure [from PATH]")
    parser.add_argument("--batch", type=int, nargs="+", default=sorted(TARGETS), metavar="B",
                        help="batch sizes [%(default)s]")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side [%(default)s]")
    parser.add_argument("--seconds", type=float, default=2.0,
                        help="length of one PyTorch turn [%(default)s]")
    parser.add_argument("--cosine", choices=sorted(COSINES), default="bmm",
                        help="how the PyTorch network computes its cosines [%(default)s]")
    parser.add_argument("--torch-only", action="store_true", help="leave engram out")
    parser.add_argument("--require", action="store_true", help="exit 4 if a target is missed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    if min(args.batch) < 1 or args.rounds < 1:
        parser.error("--batch and --rounds take numbers from 1 up")
    if args.require and args.torch_only:
        parser.error("--require has nothing to judge under --torch-only")

    engram = None if args.torch_only else shutil.which(args.engram)
    if not engram and not args.torch_only:
        sys.exit(f"There is no program '{args.engram}'; give engram's path, or --torch-only.")
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}); the figures are rough",
              file=sys.stderr)

    rows = [measure(batch, args.cosine, engram, args.rounds, args.seconds) for batch in args.batch]
    if args.json:
        print(json.dumps({"torch": torch.__version__, "cosine": args.cosine, "cpus": os.cpu_count(),
                          "load": load, "rows": rows}))
    else:
        print(f"PyTorch {torch.__version__} (cosine by {args.cosine}), {os.cpu_count()} CPUs; "
              f"sequences per second, median of {args.rounds}; 1 and 2 are threads")
        print(table(rows, engram))
    return 4 if args.require and not all(row["met"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
