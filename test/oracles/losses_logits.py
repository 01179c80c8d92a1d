"""Golden values of the methods on logits alone: DIST by torchdistill, the others written from the equations in each
method's file. Writes test/conformance/golden/losses-logits.json; how to run it: loss_cases.py. It also needs torchdistill.
"""
import torch
import torch.nn.functional as F
from torchdistill.losses.mid_level import DISTLoss

from loss_cases import IGNORE, SHAPES, labels, logits, write


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
    return temperature ** 2 * (kl.mean() if p.get("reduction") == "mean" else kl.sum(1).mean())


def known(a):
    """Both networks' logits of the classes that the student has."""
    s, t = a["student.logits"], a["teacher.logits"]
    return s, t[:, : s.shape[1]]


def cwd(a, p):
    s, t = known(a)
    temperature = p["temperature"]
    log = F.log_softmax(s.flatten(2) / temperature, 2)
    kl = F.kl_div(log, F.softmax(t.flatten(2) / temperature, 2), reduction="sum")
    return temperature ** 2 * kl / (s.shape[0] * s.shape[1])


def skd_pixel(a, p):
    s, t = known(a)
    each = -F.softmax(t, 1) * F.log_softmax(s, 1)
    return each.sum() / (s.shape[2] * s.shape[3]) / s.shape[0]


def dist(a, p):
    s, t = (z.permute(0, 2, 3, 1).flatten(0, 2) for z in known(a))
    loss = DISTLoss("z", "output", "z", "output", beta=p["beta"], gamma=p["gamma"], tau=p["temperature"])
    # torchdistill's has T² in front.
    return loss({"z": {"output": s}}, {"z": {"output": t}}) / p["temperature"] ** 2


def cases():
    for title, (shape, outputs) in SHAPES.items():
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
            truth = labels((batch, height * rows, width * columns), known, ignore)
            yield f"{title}{name}", "ce", {"classWeights": weights}, {**student, **truth}
        for temperature in (1, 4, 0.7):
            yield f"{title}, T={temperature}", "kd", {"temperature": temperature}, logits(shape, outputs)
            yield (f"{title}, T={temperature}", "cwd", {"temperature": temperature, "on": "logits"},
                   logits(shape, outputs))
        yield title, "skd.pixel", {}, logits(shape, outputs)
        for beta, gamma, temperature in ((1, 1, 1), (1, 0, 1), (0, 1, 1), (0.5, 2, 4), (2, 1, 0.7)):
            yield (f"{title}, β={beta}, γ={gamma}, T={temperature}", "dist",
                   {"beta": beta, "gamma": gamma, "temperature": temperature}, logits(shape, outputs))
        yield f"{title}, mean over classes", "kd", {"temperature": 3, "reduction": "mean"}, logits(shape, outputs)
    large = logits((2, 6, 9, 10), 6, scale=90.0)
    yield ("large logits", "ce", {"classWeights": None},
           {"student.logits": large["student.logits"], **labels((2, 9, 10), 6)})
    yield "large logits", "kd", {"temperature": 1}, large
    yield "large logits", "cwd", {"temperature": 1, "on": "logits"}, large
    yield "large logits", "skd.pixel", {}, large
    yield "large logits", "dist", {"beta": 1, "gamma": 1, "temperature": 4}, large


if __name__ == "__main__":
    both = ["student.logits", "teacher.logits"]
    write("logits", {"ce": ce, "kd": kd, "cwd": cwd, "skd.pixel": skd_pixel, "dist": dist}, cases(), [
        ("ce", {"classWeights": [1, 2, 0.5, 1]}, ["student.logits", "labels"]),
        ("kd", {"temperature": 4}, both),
        ("cwd", {"temperature": 4, "on": "logits"}, both),
        ("skd.pixel", {}, both),
        ("dist", {"beta": 1, "gamma": 1, "temperature": 1}, both)],
        oracles={"dist": "torchdistill's DISTLoss"})
