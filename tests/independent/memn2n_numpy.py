#!/usr/bin/env python3
"""Answers of small end-to-end memory networks, computed in NumPy: the numbers in tests/test_memn2n.c.

    memn2n_numpy.py            prints them as C

Written from the equations of Sukhbaatar et al. 2015 (docs/equations.md, part S) alone, one question
and one sentence at a time.  Element i of parameter t, both counted from 0 in the order in which the
network declares them, is 0.5 sin(1.7 (i + 1) + 2.3 t).
"""
from __future__ import annotations

import numpy as np

SYMBOLS = 9


class Parameters:
    """Hands out the tensors in their order."""

    def __init__(self) -> None:
        self.count = 0

    def next(self, rows: int, cols: int) -> np.ndarray:
        i = np.arange(1, rows * cols + 1)
        x = 0.5 * np.sin(1.7 * i + 2.3 * self.count)
        self.count += 1
        return x.reshape(rows, cols)


def weights(kind: str, length: int, longest: int, d: int) -> np.ndarray:
    """l, (length, d): of words 1 .. length of a sentence."""
    j = np.arange(1, length + 1)[:, None]
    k = np.arange(1, d + 1)[None, :]
    if kind == "bag":
        return np.ones((length, d))
    if kind == "position":
        return (1 - j / length) - (k / d) * (1 - 2 * j / length)
    return 1 + 4 * (k - (d + 1) / 2) * (j - (longest + 1) / 2) / (d * longest)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def answers(case: dict) -> tuple[list[float], list[float]]:
    """Logits of every question, and the weights of all hops of the last one."""
    d, hops, outputs = case["dimension"], case["hops"], case["outputs"]
    slots = min(case["memory"], case["sentences_max"])
    temporal, encoding = case["temporal"], case["encoding"]
    word = temporal == "word"
    longest = case["words_max"] + word
    p = Parameters()
    more = 0 if case["known"] or case["tying"] == "layer-wise" else outputs
    times = slots if word else 0
    tables = hops + 1 if case["tying"] == "adjacent" else 2
    embedding = [p.next(SYMBOLS + (more if k + 1 == tables else 0) + times, d)
                 for k in range(tables)]
    time = [p.next(slots, d) for _ in range(tables)] if temporal == "table" else []
    if case["tying"] == "adjacent":
        question, projection = embedding[0], case.get("projection", [])
    else:
        question = p.next(SYMBOLS, d) if case["query_value"] == 0 else None
        projection = ["H"]
    projection = [p.next(d, d) for _ in projection]
    answer = embedding[-1] if case["tying"] == "adjacent" else p.next(outputs, d)
    first = 0 if case["known"] or case["tying"] == "layer-wise" else SYMBOLS

    def sentence(words: list[int], k: int, age: int) -> np.ndarray:
        length = len(words) + word
        w = weights(encoding, length, longest, d)
        if word:       # it is the last place of the longest sentence, however short this one is
            last = weights(encoding, longest, longest, d)[-1]
            w[-1] = last
        total = sum((w[j] * embedding[k][s] for j, s in enumerate(words)), np.zeros(d))
        if word:
            total = total + w[-1] * embedding[k][len(embedding[k]) - slots + age]
        if temporal == "table":
            total = total + time[k][age]
        return total

    logits: list[float] = []
    attention: list[float] = []
    for statements, asked in case["questions"]:
        memory = statements[-slots:]
        n = len(memory)
        if case["query_value"]:
            u = np.full(d, case["query_value"])
        else:
            w = weights(encoding, len(asked), longest, d)
            u = sum((w[j] * question[s] for j, s in enumerate(asked)), np.zeros(d))
        attention = []
        for k in range(hops):
            a = k if case["tying"] == "adjacent" else 0
            m = np.array([sentence(x, a, n - 1 - i) for i, x in enumerate(memory)])
            c = np.array([sentence(x, a + 1, n - 1 - i) for i, x in enumerate(memory)])
            score = m @ u
            if case["fill"]:
                score = np.concatenate([score, np.zeros(slots - n)])
            weight = score[:n] if case["linear"] else softmax(score)[:n]
            attention += list(weight)
            o = weight @ c
            u = (u @ projection[min(k, len(projection) - 1)] if projection else u) + o
            bent = round(case["rectified"] * d)
            if bent:
                u[d - bent:] = np.maximum(u[d - bent:], 0)
        logits += list(answer[first:first + outputs] @ u)
    return logits, attention


STORY = [([[1, 2, 3], [4, 5], [6], [7, 8, 0, 1], [2, 2]], [3, 4, 5]), ([[5, 6], [1]], [0, 7])]
WORDS = [3, 1, 4, 1, 5, 8, 2, 6]
TEXT = [([[w] for w in WORDS[:i + 1]], []) for i in range(len(WORDS))]
COMMON = dict(known=False, fill=False, linear=False, rectified=0.0, query_value=0.0, memory=50,
              sentences_max=5, words_max=4, questions=STORY, outputs=3)
CASES = {
    "paper": dict(COMMON, dimension=4, hops=3, encoding="position", temporal="table",
                  tying="adjacent"),
    "code": dict(COMMON, dimension=4, hops=2, memory=4, encoding="position-code", temporal="word",
                 tying="adjacent", fill=True),
    "linear": dict(COMMON, dimension=3, hops=2, encoding="bag", temporal="none", tying="adjacent",
                   linear=True, known=True, outputs=SYMBOLS),
    "layers": dict(COMMON, dimension=4, hops=3, encoding="position", temporal="word",
                   tying="layer-wise", rectified=0.5),
    "text": dict(COMMON, dimension=4, hops=2, memory=3, encoding="bag", temporal="table",
                 tying="layer-wise", rectified=0.5, query_value=0.1, sentences_max=8, words_max=1,
                 questions=TEXT, outputs=SYMBOLS),
    "text_words": dict(COMMON, dimension=4, hops=2, memory=3, encoding="position-code",
                       temporal="word", tying="adjacent", query_value=0.1, sentences_max=8,
                       words_max=1, questions=TEXT, outputs=SYMBOLS, known=True),
}

if __name__ == "__main__":
    for name, case in CASES.items():
        for what, x in zip(("logits", "weights"), answers(case)):
            x = x[-36:]            # of a long text the end will do
            print(f"static const double {name}_{what}[{len(x)}] = {{")
            for i in range(0, len(x), 4):
                print("    " + " ".join(f"{y:.13g}," for y in x[i:i + 4]))
            print("};")
