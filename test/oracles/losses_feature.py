"""Golden values of the methods that compare one tap of the student with one of the teacher: by torchdistill's classes
where it has the method, written from the equations in each method's file otherwise.
Writes test/conformance/golden/losses-feature.json; how to run it: loss_cases.py. It also needs torchdistill.
"""
import torch
import torch.nn.functional as F
from torchdistill.losses.mid_level import ATLoss, ChSimLoss, PKTLoss

from loss_cases import IGNORE, labels, taps, write
from losses_hints import adapter


def resized(tap, size):
    return tap if tap.shape[2:] == size else F.interpolate(tap, size=size, mode="bilinear", align_corners=False)


def chosen(a, p):
    """The student's tap and the teacher's."""
    count = sum(name.startswith("student.tap") for name in a)
    index = count - 1 if p.get("tap") is None else p["tap"]
    return a[f"student.tap{index}"], a[f"teacher.tap{index}"]


def chosen_alike(a, p):
    """The same, the teacher's brought to the student's size."""
    s, t = chosen(a, p)
    return s, resized(t, s.shape[2:])


def outputs(s, t):
    """Two tensors as torchdistill's losses take them."""
    return {"tap": {"output": s}}, {"tap": {"output": t}}


PAIRS = {"pair": {"student": {"io": "output", "path": "tap"}, "teacher": {"io": "output", "path": "tap"}}}


def at(a, p):
    s, t = chosen(a, p)
    if s.shape[2:] == t.shape[2:]:
        return ATLoss(PAIRS)(*outputs(s, t)) * (1 if p["reduction"] == "mean" else s.shape[2] * s.shape[3])

    def attention(tap):
        return F.normalize(resized(tap.pow(2).mean(1, keepdim=True), s.shape[2:]).flatten(1))

    square = (attention(s) - attention(t)).pow(2)
    return square.mean() if p["reduction"] == "mean" else square.sum(1).mean()


def pkt(a, p):
    loss = PKTLoss("tap", "output", "tap", "output")
    if p["samples"] == "images":
        return loss(*outputs(*(tap.mean((2, 3)) for tap in chosen(a, p))))
    pooled = [F.avg_pool2d(tap, p["pool"], p["pool"], ceil_mode=True).flatten(2).mT for tap in chosen_alike(a, p)]
    return torch.stack([loss(*outputs(s, t)) for s, t in zip(*pooled)]).mean()


def adapted(a, s):
    """The student's tap through the 1×1 convolution, where there is one."""
    if "own.adapter.weight" not in a:
        return s
    return F.conv2d(s, a["own.adapter.weight"].T[:, :, None, None], a["own.adapter.bias"])


def ickd(a, p):
    s, t = chosen(a, p)
    s = adapted(a, s)
    return ChSimLoss(PAIRS)(*outputs(s.flatten(2), t.flatten(2))) * (1 if p["batch"] == "squared" else s.shape[0])


def cwd(a, p):
    s, t = chosen_alike(a, {"tap": int(p["on"][3:]) if p["on"] != "tap" else None})
    s = adapted(a, s)
    temperature = p["temperature"]
    log = F.log_softmax(s.flatten(2) / temperature, 2)
    kl = F.kl_div(log, F.softmax(t.flatten(2) / temperature, 2), reduction="sum")
    return temperature ** 2 * kl / (s.shape[0] * s.shape[1])


def skd_pairwise(a, p):
    def similarity(tap):
        nodes = F.max_pool2d(tap, p["pool"], p["pool"], ceil_mode=True).flatten(2)
        nodes = F.normalize(nodes, dim=1)
        return nodes.mT @ nodes

    s, t = chosen_alike(a, p)
    return (similarity(s) - similarity(t)).pow(2).mean()


def ifvd(a, p):
    s, t = chosen_alike(a, p)
    truth = F.interpolate(a["labels"][:, None].double(), size=s.shape[2:], mode="nearest")

    def closeness(tap):
        centre = tap
        for k in [k for k in truth.unique().tolist() if k != IGNORE]:
            mask = (truth == k).double()
            mean = (mask * tap).sum((2, 3), keepdim=True) / (mask.sum((2, 3), keepdim=True) + 1e-6)
            centre = (1 - mask) * centre + mask * mean
        return F.cosine_similarity(tap, centre, 1)

    return F.mse_loss(closeness(s), closeness(t))


METHODS = {"at": at, "pkt": pkt, "ickd": ickd, "cwd": cwd, "skd.pairwise": skd_pairwise, "ifvd": ifvd}
SETS = {
    "odd sizes": (2, [(6, 9, 13), (19, 23, 31)], [(10, 9, 13), (24, 23, 31)]),
    "batch of 1": (1, [(5, 7, 9)], [(5, 7, 9)]),
    "batch of 3, teacher of fewer channels": (3, [(16, 8, 12), (12, 4, 6)], [(7, 8, 12), (7, 4, 6)]),
    "teacher's taps of other sizes": (2, [(4, 10, 14), (9, 5, 7)], [(6, 20, 28), (8, 11, 13)]),
}
ALIKE = {
    "odd sizes": (2, [(10, 9, 13), (19, 23, 31)], [(10, 9, 13), (19, 23, 31)]),
    "batch of 1": (1, [(5, 7, 9)], [(5, 7, 9)]),
    "batch of 3, teacher's taps of other sizes": (3, [(6, 10, 14), (8, 5, 7)], [(6, 20, 28), (8, 11, 13)]),
}


def cases():
    for title, (batch, student, teacher) in SETS.items():
        arrays = taps(batch, student, teacher)
        _, height, width = student[-1]
        for reduction in ("mean", "sum"):
            yield f"{title}, {reduction}", "at", {"reduction": reduction}, arrays
        yield f"{title}, first tap", "at", {"tap": 0, "reduction": "sum"}, arrays
        yield f"{title}, images", "pkt", {"samples": "images", "pool": 2}, arrays
        for pool in (1, 2, 3, 40):
            if pool in (1, 3):
                yield f"{title}, pixels, pool={pool}", "pkt", {"samples": "pixels", "pool": pool}, arrays
            yield f"{title}, pool={pool}", "skd.pairwise", {"pool": pool}, arrays
        yield f"{title}, first tap", "skd.pairwise", {"tap": 0, "pool": 2}, arrays
        for name, known, ignore, block in (
                ("", 5, 7, 1), (", labels at 8 times the size", 5, 7, 8), (", labels a bit larger", 5, 7, 1.4),
                (", nothing ignored", 5, 0, 3), (", classes absent", [0, 4], 7, 2), (", all ignored", 5, 1, 1),
                (", most ignored", 5, 2, 1)):
            truth = labels((batch, int(height * block), int(width * block)), known, ignore)
            yield f"{title}{name}", "ifvd", {}, {**arrays, **truth}
        yield f"{title}, first tap", "ifvd", {"tap": 0}, {**arrays, **labels((batch, 4 * height, 4 * width), 5)}
    for title, (batch, student, teacher) in ALIKE.items():
        arrays = taps(batch, student, teacher)
        for reduction in ("mean", "squared"):
            yield f"{title}, {reduction}", "ickd", {"batch": reduction}, arrays
        yield f"{title}, first tap", "ickd", {"tap": 0, "batch": "mean"}, arrays
        for on, temperature in (("tap", 4), ("tap0", 1), ("tap0", 0.7)):
            yield f"{title}, {on}, T={temperature}", "cwd", {"temperature": temperature, "on": on}, arrays
        alike = {"adapter": "always"}
        last = {**arrays, **adapter(student[-1][0], teacher[-1][0])}
        yield f"{title}, adapter", "ickd", {"batch": "mean", **alike}, last
        yield f"{title}, adapter", "cwd", {"temperature": 2, "on": "tap", **alike}, last
    other = {**taps(2, [(4, 7, 9)], [(6, 7, 9)]), **adapter(4, 6)}
    yield "other channels", "ickd", {"batch": "mean"}, other
    yield "other channels", "cwd", {"temperature": 4, "on": "tap0"}, other


if __name__ == "__main__":
    both = ["student.tap0", "student.tap1", "teacher.tap0", "teacher.tap1"]
    write("feature", METHODS, cases(), [
        ("at", {"reduction": "sum"}, both),
        ("pkt", {"samples": "pixels", "pool": 2}, both),
        ("ickd", {"tap": 0, "batch": "mean"}, both),
        ("cwd", {"temperature": 4, "on": "tap0"}, both),
        ("skd.pairwise", {"pool": 2}, both),
        ("ifvd", {}, [*both, "labels"])],
        oracles={"at": "torchdistill's ATLoss", "pkt": "torchdistill's PKTLoss", "ickd": "torchdistill's ChSimLoss"})
