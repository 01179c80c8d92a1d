"""Golden values of DSD's two parts, written from the equations in each method's file.
Writes test/conformance/golden/losses-dsd.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import SHAPES, logits, taps, write


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


SETS = {
    "taps of one size, batch of 1": (1, [(6, 9, 13)] * 3, [(10, 9, 13)] * 3),
    "taps of falling size": (2, [(16, 31, 45), (19, 16, 23), (12, 8, 12)], [(16, 31, 45), (24, 16, 23), (7, 8, 12)]),
    "taps of rising size, batch of 3": (3, [(8, 4, 5), (5, 9, 7), (3, 11, 17), (4, 12, 20)],
                                        [(8, 4, 5), (6, 9, 7), (3, 11, 17), (5, 12, 20)]),
    "two taps": (2, [(4, 7, 7), (4, 5, 6)], [(4, 7, 7), (9, 5, 6)]),
    "teacher's taps of other sizes": (2, [(4, 10, 14), (4, 5, 7)], [(6, 20, 28), (6, 10, 14)]),
}


def cases():
    for title, (shape, outputs) in SHAPES.items():
        for form in ("cosine", "spatial"):
            for tau, pool in ((1, 1), (4, 2), (1.5, 3)):
                yield (f"{title}, {form}, tau={tau}, pool={pool}", "dsd.csd",
                       {"form": form, "tau": tau, "pool": pool}, logits(shape, outputs))
    yield ("large logits", "dsd.csd", {"form": "cosine", "tau": 1, "pool": 2}, logits((2, 6, 9, 10), 6, scale=90.0))
    for form in ("cosine", "spatial"):
        yield (f"logits of an untrained network, {form}", "dsd.csd", {"form": form, "tau": 4, "pool": 2},
               logits((2, 11, 45, 60), 12, scale=1.0))
        yield (f"teacher of another size, {form}", "dsd.csd", {"form": form, "tau": 2, "pool": 2},
               logits((2, 6, 9, 11), 8, teacher_size=(18, 13)))
    for title, (batch, student, teacher) in SETS.items():
        for pairs in ("all", "adjacent"):
            for reduction in ("mean", "sum"):
                yield (f"{title}, {pairs}, {reduction}", "dsd.psd", {"pairs": pairs, "reduction": reduction},
                       taps(batch, student, teacher))


if __name__ == "__main__":
    write("dsd", {"dsd.psd": psd, "dsd.csd": csd}, cases(), [
        ("dsd.psd", {"pairs": "all", "reduction": "sum"},
         ["student.tap0", "student.tap1", "teacher.tap0", "teacher.tap1"]),
        ("dsd.csd", {"form": "cosine", "tau": 4, "pool": 2}, ["student.logits", "teacher.logits"])])
