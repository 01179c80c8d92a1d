"""What the golden values of the methods' losses and gradients share: inputs, PyTorch's autograd in float64, and the writer.
One losses_FAMILY.py per family of methods writes test/conformance/golden/losses-FAMILY.json, each with any Python that
has PyTorch and NumPy: python test/oracles/losses_FAMILY.py [FOLDER FOR ALL CASES AS .npz]

Inputs are not stored: each number is a hash of its array's seed and its index, computed alike here and in
test/conformance/losses.test.ts. One set of them is stored, as a file from outside:
python test/oracles/loss_cases.py writes test/conformance/golden/losses.npz.
"""
import json
import math
import pathlib
import sys

import numpy as np
import torch

IGNORE = 255
GOLDEN = pathlib.Path(__file__).parents[1] / "conformance" / "golden"
# Logits of the student (batch, classes, height, width) and the teacher's outputs, of which it may have more.
SHAPES = {"odd sizes": ((2, 11, 23, 31), 12), "batch of 1": ((1, 5, 7, 9), 5), "batch of 3": ((3, 8, 16, 16), 9)}


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


def drawn(*counters):
    """What a method's `random` gives for the counters in `stillroom loss`: as randomUniform in src-main/base/random.ts."""
    def mix(state, word):
        k = (word * 0xCC9E2D51) & 0xFFFFFFFF
        k = (((k << 15) | (k >> 17)) * 0x1B873593) & 0xFFFFFFFF
        h = state ^ k
        return (((h << 13) | (h >> 19)) * 5 + 0xE6546B64) & 0xFFFFFFFF

    h = 0x811C9DC5
    for letter in "method":
        h = ((h ^ ord(letter)) * 0x01000193) & 0xFFFFFFFF
    counters = (0, 0, *counters)
    for word in (0, 0, *counters):
        h = mix(h, word)
    h ^= len(counters)
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return (h ^ (h >> 16)) / 2 ** 32


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


def own(name, shape, seed, scale=0.5, learns="loss"):
    """One of a method's own arrays, in our layout; `learns` as in src-main/distillation/method.ts."""
    return {f"own.{name}": {"shape": list(shape), "seed": seed, "scale": scale, "learns": learns}}


def domain(target):
    """Of which data set the arrays are: 1 the target, 0 the source."""
    return {"domain": {"shape": [1], "value": target}}


def fill(arrays):
    def one(name, a):
        if "value" in a:
            return np.float32([a["value"]])
        if name == "labels":
            return label_map(a["seed"], a["shape"], a["classes"], a["ignore"])
        return uniform(a["seed"], a["shape"], a["scale"])
    return {name: one(name, a) for name, a in arrays.items()}


def labels(shape, classes, ignore=7):
    """`classes`: how many there are, or a list of those that occur; one pixel in `ignore` is ignored (0: none, 1: all)."""
    known = list(range(classes)) if isinstance(classes, int) else classes
    return {"labels": {"shape": list(shape), "seed": 5, "classes": known, "ignore": ignore}}


def evaluate(method, params, filled, wanted=None):
    """
    Of `method`, a function of arrays and options: value, and per array that it reads of `wanted` (the student's, where
    that is not given) the norm of the gradient and its product with the hashes of seed 99.
    """
    tensors = {name: torch.tensor(a, dtype=torch.float64 if a.dtype == np.float32 else torch.int32)
               for name, a in filled.items()}
    wanted = wanted or [name for name in tensors if name.startswith("student.")]
    for name in wanted:
        tensors[name].requires_grad_(True)
    value = method(tensors, params)
    if not value.requires_grad:
        return {"value": number(value), "gradientNorms": {}, "gradientProbes": {}}
    gradients = torch.autograd.grad(value, [tensors[name] for name in wanted], allow_unused=True)
    gradients = {name: g for name, g in zip(wanted, gradients) if g is not None}
    # What is 0 but for rounding, as the gradient of a bias before a softmax over positions, is 0.
    largest = max((g.norm() for g in gradients.values()), default=0)
    gradients = {name: g if g.norm() > 1e-13 * largest else torch.zeros_like(g) for name, g in gradients.items()}
    probes = {name: number((g * torch.tensor(uniform(99, tuple(g.shape), 1.0)).double()).sum())
              for name, g in gradients.items()}
    return {"value": number(value), "gradientNorms": {name: number(g.norm()) for name, g in gradients.items()},
            "gradientProbes": probes}


def number(scalar):
    """What is 0 but for rounding is 0."""
    value = float(scalar.detach())
    return value if abs(value) > 1e-15 else 0.0


FILE = {**logits((1, 4, 7, 9), 5), **taps(1, [(4, 7, 9), (3, 4, 5)], [(4, 7, 9), (5, 4, 5)]), **labels((1, 14, 18), 4)}


def learning(arrays, how):
    return [name for name, a in arrays.items() if a.get("learns") == how]


def write(family, methods, cases, file, own_losses={}, oracles={}):
    """
    `methods`: by id, functions of arrays (by name, NCHW; a method's own in our layout) and options that give the term;
    `own_losses`: the same for what its own arrays learn by;
    `oracles`: by id, what of another package they call, for those that are no writing of our own;
    `cases`: (name, id, options, arrays); `file`: (id, options, names of the arrays of FILE that the method reads).
    """
    lines = []
    for name, method, params, arrays in cases:
        filled = fill(arrays)
        case = {"name": name, "method": method, "params": params, "arrays": arrays}
        students = [name for name in arrays if name.startswith("student.")]
        expected = evaluate(methods[method], params, filled, students + learning(arrays, "loss"))
        if method in own_losses and learning(arrays, "ownLoss"):
            expected["ownLoss"] = evaluate(own_losses[method], params, filled, learning(arrays, "ownLoss"))
        lines.append(json.dumps({**case, **expected}))
        if len(sys.argv) > 1:
            folder = pathlib.Path(sys.argv[1])
            folder.mkdir(parents=True, exist_ok=True)
            np.savez(folder / f"{family}-{len(lines):03d}-{method}.npz", **filled)
    outside = [{"method": method, "params": params,
                **evaluate(methods[method], params, fill({name: FILE[name] for name in reads}))}
               for method, params, reads in file]
    text = '{"cases": [\n' + ",\n".join(lines) + '\n],\n"file": ' + json.dumps(outside) + ',\n"oracles": ' + json.dumps(oracles) + "}\n"
    target = GOLDEN / f"losses-{family}.json"
    target.write_text(text)
    print(f"{target}: {len(lines)} cases")


if __name__ == "__main__":
    np.savez_compressed(GOLDEN / "losses.npz", **fill(FILE))
