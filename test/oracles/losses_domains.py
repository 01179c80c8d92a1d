"""Golden values of the methods for a second, unlabelled data set, written from the equations in each method's file.
Writes test/conformance/golden/losses-domains.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import IGNORE, SHAPES, domain, logits, own, taps, write


def pseudo(a, p):
    z, t = a["student.logits"], a["teacher.logits"][:, : a["student.logits"].shape[1]]
    likely, label = F.softmax(t, 1).max(1)
    label[likely < p.get("threshold", 0)] = IGNORE
    total = F.cross_entropy(z, label, ignore_index=IGNORE, reduction="sum")
    return total / (label != IGNORE).sum().clamp(min=1)


def verdict(x, a, name):
    """AdaptSegNet's FCDiscriminator, of as many convolutions as there are."""
    x = F.softmax(x, 1)
    for i in range(5):
        if f"own.{name}{i}.weight" in a:
            x = x if i == 0 else F.leaky_relu(x, 0.2)
            weight = a[f"own.{name}{i}.weight"].permute(3, 2, 0, 1)
            x = F.conv2d(x, weight, a[f"own.{name}{i}.bias"], stride=2, padding=1)
    return x


def judged(a, p, truth, middle):
    z = a["student.logits"]
    maps = [("last", z, 1)]
    if middle:
        tap = F.interpolate(a["student.tap0"], z.shape[2:], mode="bilinear", align_corners=False)
        maps.append(("middle", tap, middle))
    total = 0
    for name, x, weight in maps:
        d = verdict(x, a, name)
        total = total + weight * F.binary_cross_entropy_with_logits(d, torch.full_like(d, truth))
    return total


def adversarial(a, p):
    return judged(a, p, 0, p.get("middle", 0)) if a["domain"] == 1 else torch.tensor(0.0, dtype=torch.float64)


def discriminator(a, p):
    return judged(a, p, float(a["domain"]), 1 if p.get("middle", 0) else 0) / 2


def discriminators(classes, count, width, names=("last",)):
    arrays = {}
    for n, name in enumerate(names):
        channels = [classes, *(width * 2 ** i for i in range(count - 1)), 1]
        for i in range(count):
            arrays |= own(f"{name}{i}.weight", (4, 4, channels[i], channels[i + 1]), 91 + 20 * n + 2 * i, 0.3, "ownLoss")
            arrays |= own(f"{name}{i}.bias", (channels[i + 1],), 92 + 20 * n + 2 * i, 0.3, "ownLoss")
    return arrays


def student(shape):
    return {"student.logits": logits(shape, shape[1])["student.logits"]}


METHODS = {"ce.pseudo": pseudo, "dakd.adversarial": adversarial}
cases = []
for name, (shape, outputs) in SHAPES.items():
    for threshold in (0, 0.5, 0.9):
        options = {"threshold": threshold} if threshold else {}
        cases.append((f"{name}, threshold {threshold}", "ce.pseudo", options, logits(shape, outputs)))
cases.append(("sure of nothing", "ce.pseudo", {"threshold": 0.9}, logits((2, 6, 9, 13), 6, scale=0.5)))
for target in (0, 1):
    whose = "target" if target else "source"
    for name, shape, count, width in (("odd sizes", (2, 5, 35, 47), 5, 2), ("batch of 1", (1, 11, 32, 40), 5, 4),
                                      ("small maps", (3, 4, 9, 13), 3, 3)):
        arrays = student(shape) | domain(target) | discriminators(shape[1], count, width)
        cases.append((f"{name}, {whose}", "dakd.adversarial", {"width": width}, arrays))
    arrays = (student((2, 4, 16, 20)) | {"student.tap0": taps(2, [(4, 8, 10)], [])["student.tap0"]} | domain(target)
              | discriminators(4, 4, 2, ("last", "middle")))
    cases.append((f"middle output, {whose}", "dakd.adversarial", {"width": 2, "middle": 0.2, "size": "student"}, arrays))
FILE = [("ce.pseudo", {"threshold": 0.4}, ["student.logits", "teacher.logits"])]
write("domains", METHODS, cases, FILE, {"dakd.adversarial": discriminator})
