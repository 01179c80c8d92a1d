"""Golden values of the methods that hold relations between pixels against the teacher's, written from the equations in each
method's file. Writes test/conformance/golden/losses-relations.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import IGNORE, SHAPES, drawn, labels, logits, own, taps, write
from losses_hints import adapter
from losses_own import convolution, generator, pointwise


def chosen(a, whose, tap):
    count = sum(name.startswith(f"{whose}.tap") for name in a)
    return a[f"{whose}.tap{count - 1 if tap is None else tap}"]


def pair(a, p):
    """The chosen tap of both, the teacher's at the student's size."""
    s, t = (chosen(a, whose, p.get("tap")) for whose in ("student", "teacher"))
    if t.shape[2:] != s.shape[2:]:
        t = F.interpolate(t, size=s.shape[2:], mode="bilinear", align_corners=False)
    return s, t


def csc(a, p):
    def matrices(z):
        """Per image [C, P, P], in the words of the equation: each product of a vector and its shift, paired over pixels."""
        pool = p.get("pool", 2)
        u = F.normalize(F.avg_pool2d(z, pool, pool, ceil_mode=True).flatten(2), dim=1, eps=1e-12)
        by_shift = []
        for k in range(z.shape[1]):
            product = u * torch.roll(u, k, 1)
            by_shift.append(product.transpose(1, 2) @ product)
        by_shift = torch.stack(by_shift, 1)
        return by_shift.sum(1) if p.get("form", "joined") == "joined" else by_shift

    s, t = a["student.logits"], a["teacher.logits"]
    square = (matrices(s) - matrices(t[:, : s.shape[1]])).pow(2).flatten(1).mean(1)
    return (square if p.get("norm") == "squared" else square.sqrt()).mean()


def cirkd_batch(a, p):
    temperature, pool = p.get("temperature", 0.1), p.get("pool", 2)
    s, t = (F.normalize(F.avg_pool2d(x, pool, pool, ceil_mode=True).flatten(2), dim=1) for x in pair(a, p))
    images, total = len(s), 0
    for i in range(images):
        for j in range(images):
            of_student, of_teacher = (x[i].T @ x[j] / temperature for x in (s, t))
            total = total + F.kl_div(F.log_softmax(of_student, 1), F.softmax(of_teacher, 1), reduction="batchmean")
    return total / images ** 2


def perspectives(x, truth, mix=None):
    """
    Of some images: what their pixels' directions are, [channels, pixels], and the centres of the classes that occur, or what
    `mix` makes of a centre and its class.
    """
    u = F.normalize(x, dim=1).transpose(0, 1).flatten(1)
    flat = truth.flatten()
    known = [int(k) for k in flat.unique() if k != IGNORE]
    centres = [F.normalize(u[:, flat == k].mean(1), dim=0) for k in known]
    return u, [mix(c, k) for c, k in zip(centres, known)] if mix else centres


def by_scope(a, p):
    """The chosen taps and labels at their size: of each image, or of the batch as one."""
    s, t = pair(a, p)
    truth = F.interpolate(a["labels"][:, None].double(), size=s.shape[2:], mode="nearest")[:, 0].long()
    each = [slice(None)] if p.get("scope", "sample") == "batch" else [slice(n, n + 1) for n in range(len(s))]
    return [(s[n], t[n], truth[n]) for n in each], (s * 0).sum()


def apd_pd(a, p):
    groups, total = by_scope(a, p)
    for s, t, truth in groups:
        scores = []
        for whose, x in (("student", s), ("teacher", t)):
            u, centres = perspectives(x, truth, a.get("mix", {}).get(whose))
            scores.append(p.get("tau", 10) * torch.stack([u.T @ c for c in centres], 1) if centres else None)
        if scores[0] is not None:
            total = total + F.kl_div(F.log_softmax(scores[0], 1), F.softmax(scores[1], 1), reduction="none").mean()
    return total / len(groups)


def apd_pa(a, p):
    groups, total = by_scope(a, p)
    for s, t, truth in groups:
        mix = a.get("mix", {})
        both = list(zip(perspectives(s, truth, mix.get("student"))[1], perspectives(t, truth, mix.get("teacher"))[1]))
        if both:
            total = total + 0.5 * torch.stack([1 - c_s @ c_t for c_s, c_t in both]).mean()
    return total / len(groups)


def afdcd(a, p):
    """As Af-DCD's get_omni_contrastive_loss: distances by cdist, cross-entropy with the positive first."""
    groups, patch, pool = p.get("groups", 16), p.get("patch", 4), p.get("pool", 4)
    rule = p.get("negatives", "groups")

    def vectors(x):
        x = F.max_pool2d(x, pool)
        images, channels, height, width = x.shape
        down, across = height // patch, width // patch
        x = x[:, :, : down * patch, : across * patch].reshape(images, channels, down, patch, across, patch)
        x = x.permute(0, 2, 4, 3, 5, 1).reshape(images * down * across, patch * patch, groups, channels // groups)
        return x.flatten(1, 2), images * down * across * patch * patch

    s, t = pair(a, p)
    if "own.adapter.weight" in a:
        s = pointwise(s, a, "adapter")
    s = projected(s, a, p)
    mimicking = p.get("mimicking", 0) * ((s - t) ** 2).sum() / len(s)
    (s, pixels), (t, _) = (vectors(x) for x in (s, t))
    scores = -torch.cdist(s, t, p=1) / p.get("temperature", 0.07)
    place, group = torch.arange(s.shape[1]) // groups, torch.arange(s.shape[1]) % groups
    total = (s * 0).sum()
    for q in range(s.shape[1]):
        negative = {"groups": group != group[q], "channel": (place == place[q]) & (group != group[q]),
                    "spatial": (place != place[q]) & (group == group[q]),
                    "omni": torch.arange(s.shape[1]) != q}[rule]
        rows = torch.cat([scores[:, q, q: q + 1], scores[:, q, negative]], 1)
        total = total + F.cross_entropy(rows, torch.zeros(len(rows), dtype=torch.long), reduction="sum")
    return total / pixels + mimicking


def projected(s, a, p):
    """As Af-DCD's projetor and EnhancedProjector."""
    rule = p.get("generator", "none")
    if rule == "none":
        return s
    batch, _, height, width = s.shape
    if p.get("mask") == "middle":
        mask = torch.ones(1, 1, height, width)
        mask[:, :, height // 3: 2 * height // 3, width // 3: 2 * width // 3] = 0
    else:
        mask = torch.tensor([[0.0 if drawn(n, i) < p.get("masked", 0.75) else 1.0 for i in range(height * width)]
                             for n in range(batch)]).reshape(batch, 1, height, width)
    conv = lambda x, name: convolution(x, a, name, padding=1)
    if rule == "plain":
        return conv(F.relu(conv(s * mask, "generate1")), "generate2")
    first = F.relu(conv(s * mask, "block1"))
    second = F.relu(conv(first, "block2"))
    return (conv(first, "project1") + conv(second, "project2")) / 2


def enhanced(channels):
    arrays = {}
    for i, name in enumerate(("block1", "block2", "project1", "project2")):
        arrays |= own(f"{name}.weight", (3, 3, channels, channels), 81 + 2 * i, 0.2)
        arrays |= own(f"{name}.bias", (channels,), 82 + 2 * i, 0.2)
    return arrays


METHODS = {"afdcd": afdcd, "csc": csc, "cirkd.batch": cirkd_batch, "apd.pd": apd_pd, "apd.pa": apd_pa}


def cases():
    for title, (shape, outputs) in SHAPES.items():
        for params in ({}, {"form": "by-shift"}, {"norm": "squared", "pool": 1}, {"form": "by-shift", "norm": "squared"},
                       {"pool": 3}):
            told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
            yield f"{title}, {told}", "csc", params, logits(shape, outputs)
    sets = {"odd sizes": (2, (6, 9, 13), (10, 9, 13)), "batch of 1, teacher larger": (1, (5, 7, 6), (3, 14, 11)),
            "batch of 3": (3, (8, 8, 8), (24, 8, 8))}
    for title, (batch, s, t) in sets.items():
        for params in ({}, {"pool": 1}, {"pool": 3, "temperature": 1}):
            told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
            yield f"{title}, {told}", "cirkd.batch", params, taps(batch, [s], [t])
    sets["as many channels"] = (2, (7, 6, 9), (7, 6, 9))
    for title, (batch, s, t) in sets.items():
        alike = {"apd.pd": taps(batch, [s], [t]), "apd.pa": taps(batch, [s], [(s[0], *t[1:])])}
        _, height, width = s
        for name, known, ignore, (rows, columns) in (
                ("", 5, 7, (1, 1)), (", labels of 2 and 3 times the size and some more", 5, 7, (2, 3)),
                (", hardly any labels", [1, 3, 4, 255, 255, 255, 255, 255, 255], 2, (1, 1)), (", all ignored", 5, 1, (1, 1)), (", one class", [2], 0, (1, 1))):
            more = 0 if (rows, columns) == (1, 1) else 1
            truth = labels((batch, height * rows + more, width * columns + 2 * more), known, ignore)
            for params in ({}, {"scope": "batch"}, {"scope": "batch", "tau": 1}):
                for method in ("apd.pd", "apd.pa"):
                    if method == "apd.pa" and "tau" in params:
                        continue
                    told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
                    yield f"{title}{name}, {told}", method, params, {**alike[method], **truth}
    contrasted = {"odd sizes": taps(2, [(8, 17, 23)], [(8, 17, 23)]),
                  "batch of 1, teacher larger": taps(1, [(6, 16, 16)], [(6, 32, 30)]),
                  "batch of 3": taps(3, [(16, 20, 17)], [(16, 20, 17)])}
    for title, arrays in contrasted.items():
        for params in ({"groups": 2}, {"groups": 2, "pool": 3, "patch": 2, "negatives": "channel", "temperature": 1},
                       {"groups": 1, "pool": 2, "patch": 3, "negatives": "spatial", "temperature": 4},
                       {"groups": 2, "pool": 1, "patch": 5, "negatives": "omni", "temperature": 2},
                       *([{"temperature": 0.5}] if title == "batch of 3" else [])):
            told = ", ".join(f"{key} {value}" for key, value in params.items())
            yield f"{title}, {told}", "afdcd", params, arrays
    few = {"groups": 2, "pool": 2, "temperature": 2}
    different = {"odd sizes, other channels": (2, (5, 17, 23), (8, 17, 23)),
                 "batch of 1, teacher larger, as many channels": (1, (6, 16, 16), (6, 32, 30)),
                 "batch of 3, other channels": (3, (9, 20, 17), (4, 20, 17))}
    for title, (batch, s, t) in different.items():
        arrays = {**taps(batch, [s], [t]), **({} if s[0] == t[0] else adapter(s[0], t[0]))}
        yield f"{title}, no generator, mimicking 0.01", "afdcd", {**few, "mimicking": 0.01}, arrays
        for params, layers in (({"generator": "plain"}, generator(t[0])),
                               ({"generator": "plain", "masked": 0.2, "mimicking": 0.001}, generator(t[0])),
                               ({"generator": "enhanced", "mimicking": 0.001, "mask": "middle"}, enhanced(t[0]))):
            told = ", ".join(f"{key} {value}" for key, value in params.items())
            yield f"{title}, {told}", "afdcd", {**few, **params}, {**arrays, **layers}
    yield ("always an adapter", "afdcd", {**few, "adapter": "always"},
           {**taps(2, [(6, 9, 11)], [(6, 9, 11)]), **adapter(6, 6)})
    first = taps(2, [(4, 9, 7), (3, 5, 4)], [(4, 9, 7), (8, 5, 4)])
    yield "first of two taps", "cirkd.batch", {"tap": 0}, first
    for method in ("apd.pd", "apd.pa"):
        yield "first of two taps", method, {"tap": 0}, {**first, **labels((2, 9, 7), 4)}


if __name__ == "__main__":
    write("relations", METHODS, cases(), [
        ("afdcd", {"tap": 0, "groups": 2, "pool": 1, "patch": 3, "temperature": 1},
         [f"{whose}.tap{i}" for whose in ("student", "teacher") for i in (0, 1)]),
        ("csc", {"pool": 1}, ["student.logits", "teacher.logits"]),
        *((method, {"tap": 0}, [f"{whose}.tap{i}" for whose in ("student", "teacher") for i in (0, 1)] + also)
          for method, also in (("cirkd.batch", []), ("apd.pd", ["labels"]), ("apd.pa", ["labels"])))])
