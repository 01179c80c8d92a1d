"""Golden values of the methods with layers or memory of their own (MGD, OFD, CRD, CIRKD's memories), written from the equations in each
method's file. Writes test/conformance/golden/losses-own.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import drawn, labels, own, taps, write
from losses_hints import adapter, chosen, resized


def convolution(x, a, name, **settings):
    """`NAME.weight` in our layout: [size, size, inputs, outputs]."""
    return F.conv2d(x, a[f"own.{name}.weight"].permute(3, 2, 0, 1), a.get(f"own.{name}.bias"), **settings)


def pointwise(x, a, name):
    return F.conv2d(x, a[f"own.{name}.weight"].T[:, :, None, None], a.get(f"own.{name}.bias"))


def mgd(a, p):
    s, t = (chosen(a, whose, p["tap"]) for whose in ("student", "teacher"))
    if "own.adapter.weight" in a:
        s = pointwise(s, a, "adapter")
    batch, _, height, width = s.shape
    mask = torch.tensor([[0.0 if drawn(n, i) < p["masked"] else 1.0 for i in range(height * width)]
                         for n in range(batch)], dtype=torch.float64).reshape(batch, 1, height, width)
    made = convolution(F.relu(convolution(s * mask, a, "generate1", padding=1)), a, "generate2", padding=1)
    return F.mse_loss(made, resized(t, made.shape[2:]), reduction="sum") / batch


def ofd(a, p):
    count = sum(name.startswith("student.tap") for name in a)
    total = 0
    for l in range(count):
        s, t = a[f"student.tap{l}"], a[f"teacher.tap{l}"]
        s = F.batch_norm(pointwise(s, a, f"connector{l}"), None, None, a[f"own.norm{l}.gamma"], a[f"own.norm{l}.beta"],
                         training=True)
        t = resized(t, s.shape[2:])
        negative = (t < 0).double()
        margin = (t * negative).sum((0, 2, 3)) / negative.sum((0, 2, 3)).clamp(min=1)
        t = torch.maximum(t, margin[None, :, None, None])
        counted = ((s > t) | (t > 0)).double()
        divisor = 2 ** (count - l - 1) * (s.shape[0] if p["reduction"] == "sum" else s.numel())
        total = total + ((s - t) ** 2 * counted).sum() / divisor
    return total


def crd(a, p):
    vectors = {}
    for whose in ("student", "teacher"):
        pooled = chosen(a, whose, p["tap"]).mean((2, 3), keepdim=True)
        vectors[whose] = F.normalize(pointwise(pooled, a, whose).flatten(1), dim=1)
    images, _ = a["own.memory.student"].shape
    k = min(p["negatives"], images)
    count = len(vectors["student"])
    rows = torch.tensor([[i] + [int(drawn(i, j) * images) for j in range(k)] for i in range(count)])
    total = 0
    for way, (v, memory) in enumerate((("student", "teacher"), ("teacher", "student"))):
        products = torch.einsum("nkd,nd->nk", a[f"own.memory.{memory}"][rows], vectors[v]) / p["temperature"]
        scores = products.exp()
        z = a["own.z"][way] if (a["own.z"] > 0).all() else scores.mean().detach() * images
        prob = scores / z
        noise = k / images
        right = (prob[:, 0] / (prob[:, 0] + noise + 1e-7)).log()
        wrong = (noise / (prob[:, 1:] + noise + 1e-7)).log()
        total = total - (right.sum() + wrong.sum()) / count
    return total


def some(wanted, count, *counters):
    """As many of the first numbers, none twice."""
    numbers = list(range(count))
    for k in range(min(wanted, count)):
        other = k + int(drawn(*counters, k) * (count - k))
        numbers[k], numbers[other] = numbers[other], numbers[k]
    return numbers[:wanted]


def cirkd_memory(a, p):
    s, t = (chosen(a, whose, p.get("tap")) for whose in ("student", "teacher"))
    t = resized(t, s.shape[2:])
    pool = p.get("pool", 2)
    s, t = (F.avg_pool2d(x, pool, pool, ceil_mode=True) for x in (s, t))
    s = F.batch_norm(pointwise(s, a, "project1"), None, None, a["own.norm.gamma"], a["own.norm.beta"], training=True)
    s = pointwise(F.relu(s), a, "project2")
    truth = F.interpolate(a["labels"][:, None].double(), s.shape[2:], mode="nearest")[:, 0].flatten()
    valid = truth != 255
    if not valid.any():
        return 0 * s.sum()
    s, t = (F.normalize(x, dim=1).permute(0, 2, 3, 1).flatten(0, 2)[valid] for x in (s, t))
    total = 0
    for part, (memory, weight, wanted) in enumerate((("pixels", p.get("pixel", 1), p.get("pixelContrast", 4096)),
                                                     ("regions", p.get("region", 1), p.get("regionContrast", 1024)))):
        bank = a[f"own.{memory}"]
        vectors = bank[:, some(wanted // len(bank) + 1, bank.shape[1], part)].flatten(0, 1)
        log_s, log_t = (F.log_softmax(x @ vectors.T / p.get("temperature", 0.1), dim=1) for x in (s, t))
        total = total + weight * F.kl_div(log_s, log_t, reduction="batchmean", log_target=True)
    return total


def counted(batch, classes):
    """Logits that tell how many classes there are, where labels may not."""
    return {"student.logits": {"shape": [batch, classes, 2, 2], "seed": 1, "scale": 1.0}}


def banks(student, teacher, classes, pixels, regions):
    arrays = own("project1.weight", (student, teacher), 71) | own("norm.gamma", (teacher,), 72)
    arrays |= own("norm.beta", (teacher,), 73) | own("project2.weight", (teacher, teacher), 74)
    for i, (name, size) in enumerate((("pixels", pixels), ("regions", regions))):
        arrays |= own(name, (classes, size, teacher), 75 + i, 0.6, "none")
        arrays |= own(f"{name}.next", (classes,), 77 + i, 0.0, "none")
    return arrays


def generator(channels):
    arrays = {}
    for i, name in enumerate(("generate1", "generate2")):
        arrays |= own(f"{name}.weight", (3, 3, channels, channels), 41 + 2 * i, 0.2)
        arrays |= own(f"{name}.bias", (channels,), 42 + 2 * i, 0.2)
    return arrays


def connectors(student, teacher):
    arrays = {}
    for l, (s, t) in enumerate(zip(student, teacher)):
        arrays |= own(f"connector{l}.weight", (s[0], t[0]), 51 + 3 * l)
        arrays |= own(f"norm{l}.gamma", (t[0],), 52 + 3 * l)
        arrays |= own(f"norm{l}.beta", (t[0],), 53 + 3 * l)
    return arrays


def cases():
    wide = {"odd sizes": (2, (6, 9, 13), (10, 9, 13)), "batch of 1, teacher larger": (1, (5, 7, 6), (3, 14, 11)),
            "batch of 3, as many channels": (3, (8, 8, 12), (8, 8, 12))}
    for title, (batch, s, t) in wide.items():
        align = {} if s[0] == t[0] else adapter(s[0], t[0])
        for masked in (0.75, 0.3):
            yield (f"{title}, masked={masked}", "mgd", {"tap": None, "adapter": "where-needed", "masked": masked},
                   {**taps(batch, [s], [t]), **align, **generator(t[0])})
    same = taps(2, [(4, 5, 4), (3, 5, 4)], [(4, 5, 4), (8, 5, 4)])
    yield ("first of two taps, always an adapter", "mgd", {"tap": 0, "adapter": "always", "masked": 0.5},
           {**same, **adapter(4, 4), **generator(4)})
    yield ("first of two taps, no adapter", "mgd", {"tap": 0, "adapter": "none", "masked": 0},
           {**same, **generator(4)})
    sets = {"one tap, odd sizes": (2, [(6, 9, 13)], [(10, 9, 13)]),
            "batch of 1, teacher larger": (1, [(5, 8, 9), (4, 7, 6)], [(6, 8, 9), (3, 14, 11)]),
            "three taps, batch of 3": (3, [(3, 8, 12), (5, 4, 6), (7, 4, 5)], [(4, 8, 12), (9, 4, 6), (7, 4, 5)])}
    for title, (batch, student, teacher) in sets.items():
        for reduction in ("sum", "mean"):
            yield (f"{title}, {reduction}", "ofd", {"reduction": reduction},
                   {**taps(batch, student, teacher), **connectors(student, teacher)})
    for title, (batch, student, teacher) in sets.items():
        # With one image alone the gradient is nothing where Z is that image's own.
        for dimensions, negatives, temperature, z in ((8, 5, 0.5, True), (4, 16384, 0.2, batch == 1)):
            arrays = taps(batch, student, teacher)
            arrays |= own("student.weight", (student[-1][0], dimensions), 61) | own("student.bias", (dimensions,), 62)
            arrays |= own("teacher.weight", (teacher[-1][0], dimensions), 63) | own("teacher.bias", (dimensions,), 64)
            arrays |= own("memory.student", (batch, dimensions), 65, learns="none")
            arrays |= own("memory.teacher", (batch, dimensions), 66, learns="none")
            arrays |= own("z", (2,), 67 if z else 68, 0.0 if not z else 3.0, learns="none")
            yield (f"{title}, {dimensions} dimensions, {negatives} negatives", "crd",
                   {"tap": None, "dimensions": dimensions, "negatives": negatives, "temperature": temperature,
                    "momentum": 0.5}, arrays)
    for title, (batch, s, t) in wide.items():
        for name, known, ignore in (("", 5, 7), (", a class absent", [0, 1, 4], 3), (", all ignored", 5, 1)):
            shown = {**taps(batch, [s], [t]), **labels((batch, 2 * s[1] + 1, 3 * s[2]), known, ignore),
                     **banks(s[0], t[0], 5, 9, 4), **counted(batch, 5)}
            for params in ({"pixels": 9, "regions": 4, "pixelContrast": 20, "regionContrast": 64},
                           {"pixels": 9, "regions": 4, "pixelContrast": 2, "pool": 1, "region": 0, "temperature": 1},
                           {"pixels": 9, "regions": 4, "pixel": 0, "region": 2, "regionContrast": 1, "pool": 3}):
                if ignore == 1 and params.get("pool") == 3:
                    continue
                told = ", ".join(f"{key} {value}" for key, value in list(params.items())[2:])
                yield f"{title}{name}, {told}", "cirkd.memory", params, shown
    yield ("first of two taps", "cirkd.memory", {"tap": 0, "pixels": 9, "regions": 4, "pool": 1, "temperature": 0.5},
           {**taps(2, [(4, 9, 7), (3, 5, 4)], [(4, 9, 7), (8, 5, 4)]), **labels((2, 9, 7), 4), **banks(4, 4, 4, 9, 4)})


if __name__ == "__main__":
    write("own", {"mgd": mgd, "ofd": ofd, "crd": crd, "cirkd.memory": cirkd_memory}, cases(), [])
