"""Golden values of the methods' losses and gradients, by PyTorch's autograd in float64, written from the equations in
each method's file. Writes test/conformance/golden/losses.json and, as one file from outside, losses.npz.

Run again with any Python that has PyTorch and NumPy: python test/oracles/losses.py [FOLDER FOR ALL CASES AS .npz]

Inputs are not stored: each number is a hash of its array's seed and its index, computed alike here and in
test/conformance/losses.test.ts.
"""
import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

IGNORE = 255
GOLDEN = pathlib.Path(__file__).parents[1] / "conformance" / "golden"


def bits(seed, count):
    """`count` hashes of 32 bits."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) + np.uint32(seed) * np.uint32(0x9E3779B9)
        for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
            x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
        return x ^ (x >> np.uint32(15))


def uniform(seed, shape, scale):
    """Values in [-scale, scale), float32."""
    unit = (bits(seed, math.prod(shape)) >> np.uint32(8)).astype(np.float32) / np.float32(2 ** 23) - np.float32(1)
    return (unit * np.float32(scale)).reshape(shape)


def label_map(seed, shape, classes, ignore):
    """One of `classes` at each pixel; one pixel in `ignore` is ignored (0: none, 1: all)."""
    x = bits(seed, math.prod(shape))
    labels = np.array(classes, dtype=np.int32)[(x >> np.uint32(8)) % np.uint32(len(classes))]
    if ignore:
        labels[x % np.uint32(ignore) == 0] = IGNORE
    return labels.reshape(shape)


def ce(a, p):
    logits, labels = a["student.logits"], a["labels"]
    step = [labels.shape[i + 1] // logits.shape[i + 2] for i in (0, 1)]
    labels = labels[:, :: step[0], :: step[1]].long()
    if bool((labels == IGNORE).all()):
        return (logits * 0).sum()
    weights = p["classWeights"] and torch.tensor(p["classWeights"], dtype=torch.float64)
    return F.cross_entropy(logits, labels, weight=weights, ignore_index=IGNORE)


def kd(a, p):
    s, t, temperature = a["student.logits"], a["teacher.logits"], p["temperature"]
    t = t[:, : s.shape[1]]
    kl = F.kl_div(F.log_softmax(s / temperature, 1), F.softmax(t / temperature, 1), reduction="none")
    return temperature ** 2 * kl.sum(1).mean()


def psd(a, p):
    count = sum(name.startswith("student.tap") for name in a)
    size = a[f"student.tap{count - 1}"].shape[2:]

    def residuals(whose):
        maps = []
        for i in range(count):
            mean = a[f"{whose}.tap{i}"].pow(2).mean(1, keepdim=True)
            if mean.shape[2:] != size:
                mean = F.interpolate(mean, size=size, mode="bilinear", align_corners=False)
            maps.append(F.normalize(mean.flatten(1), dim=1, eps=1e-12))
        return [F.normalize(maps[m] - maps[n], dim=1, eps=1e-12)
                for n in range(count) for m in range(n + 1, count) if p["pairs"] == "all" or m == n + 1]

    terms = []
    for s, t in zip(residuals("student"), residuals("teacher")):
        square = (s - t).pow(2)
        terms.append((square.mean(1) if p["reduction"] == "mean" else square.sum(1)).mean())
    return torch.stack(terms).mean()


def csd(a, p):
    def matrix(z):
        z = F.avg_pool2d(z, p["pool"], p["pool"], ceil_mode=True).flatten(2) / p["tau"]
        q = F.normalize(F.softmax(z, 1), dim=2) if p["form"] == "cosine" else F.softmax(z, 2)
        return q @ q.transpose(1, 2)

    s, t = a["student.logits"], a["teacher.logits"]
    return (matrix(s) - matrix(t[:, : s.shape[1]])).pow(2).mean()


METHODS = {"ce": ce, "kd": kd, "dsd.psd": psd, "dsd.csd": csd}


def logits(shape, outputs, scale=4.0, teacher_size=None):
    batch, classes, height, width = shape
    height_t, width_t = teacher_size or (height, width)
    return {"student.logits": {"shape": [batch, classes, height, width], "seed": 1, "scale": scale},
            "teacher.logits": {"shape": [batch, outputs, height_t, width_t], "seed": 2, "scale": scale}}


def taps(batch, student, teacher):
    """`student`, `teacher`: (channels, height, width) of each tap."""
    return {f"{whose}.tap{i}": {"shape": [batch, *shape], "seed": 10 + 10 * w + i, "scale": 2.0}
            for w, (whose, shapes) in enumerate((("student", student), ("teacher", teacher)))
            for i, shape in enumerate(shapes)}


def all_cases():
    shapes = {"odd sizes": ((2, 11, 23, 31), 12), "batch of 1": ((1, 5, 7, 9), 5), "batch of 3": ((3, 8, 16, 16), 9)}
    for title, (shape, outputs) in shapes.items():
        batch, classes, height, width = shape
        student = {"student.logits": logits(shape, outputs)["student.logits"]}
        every = list(range(classes))
        rising = [0.25 + 0.5 * c for c in every]
        for name, known, ignore, block, weights in (
                ("", every, 7, 1, None), (", labels at 8 times the size", every, 7, 8, None),
                (", labels at 3 and 5 times the size", every, 7, (3, 5), None), (", nothing ignored", every, 0, 1, None),
                (", class absent", every[1:-1], 7, 1, None), (", all ignored", every, 1, 1, None),
                (", all ignored, weights", every, 1, 1, rising), (", weights", every, 7, 1, rising),
                (", weights, class absent, labels larger", every[1:-1], 7, 2, rising),
                (", a class of weight 0", every, 7, 1, [0.0, *rising[1:]])):
            rows, columns = block if isinstance(block, tuple) else (block, block)
            label = {"shape": [batch, height * rows, width * columns], "seed": 5, "classes": known, "ignore": ignore}
            yield f"{title}{name}", "ce", {"classWeights": weights}, {**student, "labels": label}
        for temperature in (1, 4, 0.7):
            yield f"{title}, T={temperature}", "kd", {"temperature": temperature}, logits(shape, outputs)
        for form in ("cosine", "spatial"):
            for tau, pool in ((1, 1), (4, 2), (1.5, 3)):
                yield (f"{title}, {form}, tau={tau}, pool={pool}", "dsd.csd",
                       {"form": form, "tau": tau, "pool": pool}, logits(shape, outputs))
    large = logits((2, 6, 9, 10), 6, scale=90.0)
    label = {"shape": [2, 9, 10], "seed": 5, "classes": list(range(6)), "ignore": 7}
    yield "large logits", "ce", {"classWeights": None}, {"student.logits": large["student.logits"], "labels": label}
    yield "large logits", "kd", {"temperature": 1}, large
    yield "large logits", "dsd.csd", {"form": "cosine", "tau": 1, "pool": 2}, large
    for form in ("cosine", "spatial"):
        yield (f"logits of an untrained network, {form}", "dsd.csd", {"form": form, "tau": 4, "pool": 2},
               logits((2, 11, 45, 60), 12, scale=1.0))
        yield (f"teacher of another size, {form}", "dsd.csd", {"form": form, "tau": 2, "pool": 2},
               logits((2, 6, 9, 11), 8, teacher_size=(18, 13)))
    sets = {
        "taps of one size, batch of 1": (1, [(6, 9, 13)] * 3, [(10, 9, 13)] * 3),
        "taps of falling size": (2, [(16, 31, 45), (19, 16, 23), (12, 8, 12)], [(16, 31, 45), (24, 16, 23), (7, 8, 12)]),
        "taps of rising size, batch of 3": (3, [(8, 4, 5), (5, 9, 7), (3, 11, 17), (4, 12, 20)],
                                            [(8, 4, 5), (6, 9, 7), (3, 11, 17), (5, 12, 20)]),
        "two taps": (2, [(4, 7, 7), (4, 5, 6)], [(4, 7, 7), (9, 5, 6)]),
        "teacher's taps of other sizes": (2, [(4, 10, 14), (4, 5, 7)], [(6, 20, 28), (6, 10, 14)]),
    }
    for title, (batch, student, teacher) in sets.items():
        for pairs in ("all", "adjacent"):
            for reduction in ("mean", "sum"):
                yield (f"{title}, {pairs}, {reduction}", "dsd.psd", {"pairs": pairs, "reduction": reduction},
                       taps(batch, student, teacher))


def fill(arrays):
    return {name: label_map(a["seed"], a["shape"], a["classes"], a["ignore"]) if name == "labels"
            else uniform(a["seed"], a["shape"], a["scale"]) for name, a in arrays.items()}


def evaluate(method, params, filled):
    """Value, and per student array the norm of the gradient and its product with the hashes of seed 99."""
    tensors = {name: torch.tensor(a, dtype=torch.float64 if a.dtype == np.float32 else torch.int32)
               for name, a in filled.items()}
    wanted = [name for name in tensors if name.startswith("student.")]
    for name in wanted:
        tensors[name].requires_grad_(True)
    value = METHODS[method](tensors, params)
    gradients = dict(zip(wanted, torch.autograd.grad(value, [tensors[name] for name in wanted])))
    probes = {name: float((g * torch.tensor(uniform(99, tuple(g.shape), 1.0)).double()).sum())
              for name, g in gradients.items()}
    return {"value": float(value.detach()), "gradientNorms": {name: float(g.norm()) for name, g in gradients.items()},
            "gradientProbes": probes}


def file_from_outside():
    """One .npz with all arrays, for the way from a file to the number."""
    label = {"shape": [1, 14, 18], "seed": 5, "classes": [0, 1, 2, 3], "ignore": 7}
    arrays = {**logits((1, 4, 7, 9), 5), **taps(1, [(4, 7, 9), (3, 4, 5)], [(4, 7, 9), (5, 4, 5)]), "labels": label}
    filled = fill(arrays)
    np.savez_compressed(GOLDEN / "losses.npz", **filled)
    wanted = {"ce": {"classWeights": [1, 2, 0.5, 1]}, "kd": {"temperature": 4},
              "dsd.psd": {"pairs": "all", "reduction": "sum"}, "dsd.csd": {"form": "cosine", "tau": 4, "pool": 2}}
    reads = {"ce": ("student.logits", "labels"), "kd": ("student.logits", "teacher.logits"),
             "dsd.csd": ("student.logits", "teacher.logits"), "dsd.psd": [n for n in filled if ".tap" in n]}
    return [{"method": method, "params": params,
             **evaluate(method, params, {name: filled[name] for name in reads[method]})}
            for method, params in wanted.items()]


def main():
    cases = []
    for name, method, params, arrays in all_cases():
        filled = fill(arrays)
        expected = evaluate(method, params, filled)
        cases.append({"name": name, "method": method, "params": params, "arrays": arrays, **expected})
        if len(sys.argv) > 1:
            folder = pathlib.Path(sys.argv[1])
            folder.mkdir(parents=True, exist_ok=True)
            np.savez(folder / f"{len(cases):03d}-{method}.npz", **filled)
    golden = {"cases": cases, "file": file_from_outside()}
    lines = [json.dumps(case) for case in cases]
    text = '{"cases": [\n' + ",\n".join(lines) + '\n],\n"file": ' + json.dumps(golden["file"]) + "}\n"
    (GOLDEN / "losses.json").write_text(text)


main()
