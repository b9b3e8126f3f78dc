#!/usr/bin/env python3
"""How fast engram trains a Differentiable Neural Computer, next to PyTorch, on one thread each.

    bench_dnc_torch.py [ENGRAM]           table, ENGRAM is the program's path (default: from PATH)
    bench_dnc_torch.py --json [ENGRAM]    one JSON object instead of the table
    bench_dnc_torch.py --require X ...    exit 4 unless engram is X times the fastest PyTorch side

All sides do full updates (forward, backward, clipping, RMSProp) of one network on the copy task at
length 20: LSTM controller of 100 cells, memory of 128 slots x 20, one write head, --reads read
heads.  They take turns, so that a drift of the clock or another program's load falls on all.

The PyTorch network below is written from the equations of Graves et al. 2016 (Nature 538, 471),
batched, without loops over slots or heads.  Where the package `dnc` (ixaxaar/pytorch-dnc) can be
imported it is measured too.  Batches are drawn beforehand and not timed.

Needs PyTorch.  Exit: 0 done, 1 no PyTorch or no engram, 4 --require was not met.
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
    sys.exit(f"bench_dnc_torch.py needs PyTorch, which cannot be imported here ({err}).")

BITS, LENGTH = 8, 20
INPUTS = BITS + 1                  # the bits and the delimiter
STEPS = 2 * LENGTH + 1             # the bits, the delimiter, the answer
CELLS, SLOTS, WIDTH = 100, 128, 20


def oneplus(x: Tensor) -> Tensor:
    return 1 + F.softplus(x)


def content(memory: Tensor, keys: Tensor, strengths: Tensor) -> Tensor:
    """Weightings (B, H, N) of keys (B, H, M) with strengths (B, H)."""
    memory = memory / (memory.norm(dim=2, keepdim=True) + 1e-6)
    keys = keys / (keys.norm(dim=2, keepdim=True) + 1e-6)
    return torch.softmax(strengths.unsqueeze(2) * torch.bmm(keys, memory.transpose(1, 2)), 2)


def allocation(usage: Tensor) -> Tensor:
    ranked, order = torch.sort(usage, dim=1, stable=True)
    before = torch.cumprod(torch.cat([torch.ones_like(ranked[:, :1]), ranked[:, :-1]], 1), 1)
    return torch.zeros_like(usage).scatter(1, order, (1 - ranked) * before)


class DNC(nn.Module):
    """A Differentiable Neural Computer with one write head."""

    def __init__(self, reads: int) -> None:
        super().__init__()
        self.reads = reads
        self.cell = nn.LSTMCell(INPUTS + reads * WIDTH, CELLS)
        self.parts = [reads * WIDTH, reads, WIDTH, 1, WIDTH, WIDTH, reads, 1, 1, 3 * reads]
        self.interface = nn.Linear(CELLS, sum(self.parts))
        self.output = nn.Linear(CELLS + reads * WIDTH, BITS)
        self.register_buffer("off_diagonal", 1 - torch.eye(SLOTS))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (T, B, bits) from inputs (T, B, inputs)."""
        batch, reads = x.shape[1], self.reads
        h = c = x.new_zeros(batch, CELLS)
        memory, link = x.new_zeros(batch, SLOTS, WIDTH), x.new_zeros(batch, SLOTS, SLOTS)
        usage = precedence = w_write = x.new_zeros(batch, SLOTS)
        w_read, read = x.new_zeros(batch, reads, SLOTS), x.new_zeros(batch, reads * WIDTH)
        seen = []
        for x_t in x:
            h, c = self.cell(torch.cat([x_t, read], 1), (h, c))
            (k_read, b_read, k_write, b_write, erase, add, free, g_a, g_w,
             modes) = self.interface(h).split(self.parts, 1)

            kept = (1 - torch.sigmoid(free).unsqueeze(2) * w_read).prod(1)
            usage = (usage + w_write - usage * w_write) * kept
            found = content(memory, k_write.unsqueeze(1), oneplus(b_write)).squeeze(1)
            w_write = torch.sigmoid(g_w) * torch.lerp(found, allocation(usage), torch.sigmoid(g_a))
            w = w_write.unsqueeze(2)
            memory = torch.baddbmm(memory * (1 - w * torch.sigmoid(erase).unsqueeze(1)),
                                   w, add.unsqueeze(1))

            link = torch.baddbmm((1 - w - w_write.unsqueeze(1)) * link, w, precedence.unsqueeze(1))
            link = link * self.off_diagonal
            precedence = (1 - w_write.sum(1, keepdim=True)) * precedence + w_write

            forward = torch.bmm(w_read, link.transpose(1, 2))
            backward = torch.bmm(w_read, link)
            found = content(memory, k_read.reshape(batch, reads, WIDTH), oneplus(b_read))
            pi = torch.softmax(modes.reshape(batch, reads, 3), 2).unsqueeze(3)
            w_read = pi[:, :, 0] * backward + pi[:, :, 1] * found + pi[:, :, 2] * forward
            read = torch.bmm(w_read, memory).reshape(batch, reads * WIDTH)
            seen.append(torch.cat([h, read], 1))
        return self.output(torch.stack(seen))


class Package(nn.Module):
    """The same shape out of the package `dnc`; what it gives back is as wide as its input."""

    def __init__(self, reads: int) -> None:
        super().__init__()
        from dnc import DNC as Theirs
        self.net = Theirs(INPUTS, CELLS, rnn_type="lstm", num_layers=1, nr_cells=SLOTS,
                          cell_size=WIDTH, read_heads=reads, batch_first=True, gpu_id=-1)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.net(x.transpose(0, 1).contiguous(), (None, None, None),
                        reset_experience=True)[:2]
        return y[:, :, :BITS].transpose(0, 1)


def copy_batch(batch: int) -> tuple[Tensor, Tensor]:
    """Inputs (T, B, bits + 1) and the bits to copy (L, B, bits)."""
    bits = torch.randint(0, 2, (LENGTH, batch, BITS)).float()
    x = torch.zeros(STEPS, batch, INPUTS)
    x[:LENGTH, :, :BITS] = bits
    x[LENGTH, :, BITS] = 1
    return x, bits


class TorchTrainer:
    """A network in training at one batch size."""

    def __init__(self, make: Callable[[int], nn.Module], batch: int, reads: int) -> None:
        torch.manual_seed(1)
        torch.set_num_threads(1)
        self.batch = batch
        self.net = make(reads)
        self.optimiser = torch.optim.RMSprop(self.net.parameters(), lr=1e-4, alpha=0.95, eps=1e-4,
                                             momentum=0.9, centered=True)
        self.batches = [copy_batch(batch) for _ in range(4)]

    def update(self, i: int) -> None:
        x, bits = self.batches[i % len(self.batches)]
        logits = self.net(x)[-LENGTH:]
        loss = F.binary_cross_entropy_with_logits(logits, bits, reduction="sum") / self.batch
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_value_(self.net.parameters(), 10.0)
        self.optimiser.step()

    def sequences_per_second(self, seconds: float) -> float:
        """From the median update of those that fit in the time: at least 3, after one to warm up."""
        took: list[float] = []
        start = time.perf_counter()
        for i in range(-1, sys.maxsize):
            before = time.perf_counter()
            self.update(i)
            now = time.perf_counter()
            if i >= 0:
                took.append(now - before)
            if len(took) >= 3 and now - start > seconds:
                break
        return self.batch / statistics.median(took)


def engram_sequences_per_second(engram: str, batch: int, reads: int) -> float:
    command = [engram, "bench", "dnc/copy", "--json", "-s", f"train.batch={batch}",
               "-s", f"memory.read_heads={reads}", "--threads", "1"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"'{' '.join(command)}' ended with {done.returncode}:\n{done.stderr.strip()}")
    return float(json.loads(done.stdout)["sequences_per_second"])


def sides() -> dict[str, Callable[[int], nn.Module]]:
    found: dict[str, Callable[[int], nn.Module]] = {"torch": DNC}
    try:
        Package(1)
        found["dnc package"] = Package
    except Exception as err:  # whatever keeps an old package from working
        print(f"the package dnc is left out: {err!r}", file=sys.stderr)
    return found


def measure(batch: int, reads: int, engram: str | None, rounds: int, seconds: float) -> dict:
    trainers = {name: TorchTrainer(make, batch, reads) for name, make in sides().items()}
    runs: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, trainer in trainers.items():
            runs.setdefault(name, []).append(trainer.sequences_per_second(seconds))
        if engram:
            runs.setdefault("engram", []).append(
                engram_sequences_per_second(engram, batch, reads))
    row: dict = {"batch": batch, "reads": reads, "rounds": runs}
    row.update((name, statistics.median(values)) for name, values in runs.items())
    if engram:
        row["ratios"] = {name: row["engram"] / row[name] for name in trainers}
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engram", nargs="?", default="engram",
                        help="program to measure [from PATH]")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16], metavar="B",
                        help="batch sizes [%(default)s]")
    parser.add_argument("--reads", type=int, default=1, help="read heads [%(default)s]")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side [%(default)s]")
    parser.add_argument("--seconds", type=float, default=2.0,
                        help="length of one PyTorch turn [%(default)s]")
    parser.add_argument("--torch-only", action="store_true", help="leave engram out")
    parser.add_argument("--require", type=float, metavar="X",
                        help="exit 4 unless engram is X times as fast as the faster other side")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    engram = None if args.torch_only else shutil.which(args.engram)
    if not engram and not args.torch_only:
        sys.exit(f"There is no program '{args.engram}'; give engram's path, or --torch-only.")
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}); the figures are rough",
              file=sys.stderr)

    rows = [measure(b, args.reads, engram, args.rounds, args.seconds) for b in args.batch]
    if args.json:
        print(json.dumps({"torch": torch.__version__, "load": load, "rows": rows}))
    else:
        print(f"PyTorch {torch.__version__}; sequences per second on one thread, "
              f"median of {args.rounds}; {args.reads} read head(s)")
        for row in rows:
            speeds = [f"{name} {row[name]:.1f}" for name in row["rounds"]]
            ratios = [f"{row['ratios'][name]:.1f}x {name}" for name in row.get("ratios", {})]
            print(f"batch {row['batch']}: " + ", ".join(speeds)
                  + (f"; engram is {', '.join(ratios)}" if ratios else ""))
    if args.require and engram:
        return 0 if all(min(row["ratios"].values()) >= args.require for row in rows) else 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
