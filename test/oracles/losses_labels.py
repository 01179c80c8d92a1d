"""Golden values of the methods that learn from the labels pixel by pixel, written from the equations in each method's file.
Writes test/conformance/golden/losses-labels.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import IGNORE, SHAPES, labels, logits, write


def truth_of(a):
    """Labels at the logits' size, of blocks their first pixel."""
    step = [a["labels"].shape[i + 1] // a["student.logits"].shape[i + 2] for i in (0, 1)]
    return a["labels"][:, :: step[0], :: step[1]].long()


def losses_of(z, truth):
    return F.cross_entropy(z, truth, ignore_index=IGNORE, reduction="none")


def near_borders(truth, radius):
    """Pixels no further than radius − 1 from one that has a neighbour (of four) of another label."""
    def shifted(x, dy, dx, outside):
        _, height, width = x.shape
        padded = F.pad(x, (radius, radius, radius, radius), value=outside)
        return padded[:, radius + dy: radius + dy + height, radius + dx: radius + dx + width]

    border = torch.zeros_like(truth, dtype=torch.bool)
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        other = shifted(truth, dy, dx, -1)
        border |= (other != truth) & (other != -1)
    near = torch.zeros_like(border)
    reach = range(1 - radius, radius)
    for dy in reach:
        for dx in reach:
            if dy * dy + dx * dx <= (radius - 1) ** 2:
                near |= shifted(border, dy, dx, False)
    return near


def ohem(a, p):
    """As mmsegmentation's OHEMPixelSampler, which sorts, and its CrossEntropyLoss with the sampler's weights."""
    z, truth = a["student.logits"], truth_of(a)
    losses, valid = losses_of(z, truth), truth != IGNORE
    images, height, width = truth.shape
    kept_per_image = p.get("minKept") or max(1, round(100000 / (512 * 1024) * height * width))
    batch_kept = kept_per_image * images
    weight = torch.zeros_like(losses)
    chosen = torch.zeros(int(valid.sum()), dtype=torch.float64)
    if p.get("threshold", 0.7) is not None:
        prob = F.softmax(z, 1).gather(1, truth.clamp(max=z.shape[1] - 1).unsqueeze(1)).squeeze(1)[valid].detach()
        ordered = prob.sort().values
        limit = max(ordered[min(batch_kept, len(ordered) - 1)], p.get("threshold", 0.7)) if len(ordered) else 0
        chosen[prob < limit] = 1
    else:
        chosen[losses[valid].detach().sort(descending=True).indices[:batch_kept]] = 1
    weight[valid] = chosen
    divisor = weight.numel() if p.get("mean", "all") == "all" else weight.sum().clamp(min=1)
    return (losses * weight).sum() / divisor


def boundary(a, p):
    z, truth = a["student.logits"], truth_of(a)
    weight = torch.where(near_borders(truth, p.get("radius", 2)), p.get("factor", 2), 1.0).double()
    weight = weight * (truth != IGNORE)
    return (losses_of(z, truth) * weight).sum() / (weight.sum() if weight.sum() > 0 else 1)


def ace(a, p):
    z, truth = a["student.logits"], truth_of(a)
    valid = truth != IGNORE
    classes = z.shape[1]
    taught = F.softmax(a["teacher.logits"][:, :classes] / p.get("temperature", 1), 1)
    one_hot = F.one_hot(torch.where(valid, truth, 0), classes).permute(0, 3, 1, 2).double()
    if p.get("rule", "correct") == "correct":
        share = (taught.argmax(1) == truth).double()
    else:
        share = (taught * one_hot).sum(1)
    wanted = share.unsqueeze(1) * taught + (1 - share.unsqueeze(1)) * one_hot
    cross = -(wanted * F.log_softmax(z, 1)).sum(1)
    return (cross * valid).sum() / valid.sum().clamp(min=1)


def bpkd(a, p):
    truth, temperature = truth_of(a), p.get("temperature", 1)
    s = a["student.logits"] / temperature
    t = a["teacher.logits"][:, : s.shape[1]] / temperature
    near, valid = near_borders(truth, p.get("radius", 2)), truth != IGNORE
    total = (s * 0).sum()
    for n in range(len(truth)):
        pixels = F.kl_div(F.log_softmax(s[n], 0), F.softmax(t[n], 0), reduction="none").sum(0)
        edge, body = near[n] & valid[n], ~near[n] & valid[n]
        if edge.any():
            total = total + p.get("edgeWeight", 1) * pixels[edge].mean()
        if not body.any():
            continue
        if p.get("body", "spatial") == "pixel":
            inner = pixels[body].mean()
        else:
            inner = F.kl_div(F.log_softmax(s[n][:, body], 1), F.softmax(t[n][:, body], 1), reduction="none").sum(1).mean()
        total = total + p.get("bodyWeight", 1) * inner
    return temperature ** 2 * total / len(truth)


def ssl(a, p):
    z, truth = a["student.logits"], truth_of(a)
    soft = p.get("probabilities", "softmax") == "softmax"
    classes, small = z.shape[1], 0.01
    valid = (truth != IGNORE).double()[:, None]
    y = F.one_hot(torch.where(truth == IGNORE, 0, truth), classes).permute(0, 3, 1, 2).double() * valid
    probabilities = F.softmax(z, 1) if soft else torch.sigmoid(z)
    line = torch.exp(-torch.arange(-1.0, 2.0).double() ** 2 / (2 * 1.5 ** 2))
    kernel = (line[:, None] * line[None, :])[None, None].expand(classes, 1, 3, 3)

    def around(x):
        return F.conv2d(x, kernel, padding=1, groups=classes) / F.conv2d(torch.ones_like(x), kernel, padding=1, groups=classes)

    def structure(x):
        mean = around(x)
        # Expressed as the weighted mean of (x − μ)² over the window; without a slope where there is hardly any.
        variance = sum(w * (around_shift(x, dy, dx) - mean) ** 2 * inside_shift(x, dy, dx)
                       for dy, dx, w in offsets()) / sum(w * inside_shift(x, dy, dx) for dy, dx, w in offsets())
        moves = variance > 1e-8
        deviation = torch.where(moves, torch.where(moves, variance, 1.0).sqrt(), variance.detach().clamp(min=0).sqrt())
        return (x - mean + small) / (deviation + small)

    def offsets():
        return [(dy, dx, line[dy + 1] * line[dx + 1]) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]

    def around_shift(x, dy, dx):
        return F.pad(x, (1, 1, 1, 1))[:, :, 1 + dy: 1 + dy + x.shape[2], 1 + dx: 1 + dx + x.shape[3]]

    def inside_shift(x, dy, dx):
        return around_shift(torch.ones_like(x), dy, dx)

    e = (structure(y) - structure(probabilities * valid)).abs()
    counted = y if soft else valid.expand_as(y)
    largest = (e * counted).max().detach()
    kept = ((e * counted > p.get("beta", 0.1) * largest) & (counted > 0)).double()
    cross = -F.log_softmax(z, 1) if soft else F.binary_cross_entropy_with_logits(z, y, reduction="none")
    if p.get("weight") == "constant":
        e = e.detach()
    return (kept * e * cross).sum() / kept.sum().clamp(min=1)


METHODS = {"ssl": ssl, "ce.ohem": ohem, "ce.boundary": boundary, "ace": ace, "bpkd": bpkd}
WITH_TEACHER = ("ace", "bpkd")


def cases():
    options = {
        "ce.ohem": ({}, {"minKept": 40}, {"minKept": 40, "mean": "kept"}, {"threshold": 0.01, "minKept": 5},
                    {"threshold": None, "minKept": 33}, {"threshold": None, "mean": "kept"}, {"minKept": 100000},
                    {"threshold": 0.0001, "minKept": 100000, "mean": "kept"}),
        "ce.boundary": ({}, {"radius": 1}, {"radius": 1, "factor": 10}, {"radius": 3, "factor": 0.5},
                        {"radius": 4, "factor": 0}),
        "ssl": ({}, {"weight": "constant"}, {"probabilities": "sigmoid", "beta": 0.02},
                {"probabilities": "sigmoid", "weight": "constant", "beta": 0.3}),
        "ace": ({}, {"temperature": 4}, {"rule": "confidence"}, {"rule": "confidence", "temperature": 0.5}),
        "bpkd": ({"radius": 1}, {}, {"radius": 1, "temperature": 4, "body": "pixel", "bodyWeight": 0.3},
                 {"radius": 1, "temperature": 3, "edgeWeight": 0, "bodyWeight": 2}, {"edgeWeight": 5, "bodyWeight": 0}),
    }
    for title, (shape, outputs) in SHAPES.items():
        batch, classes, height, width = shape
        every = list(range(classes))
        # Mostly one class, so that borders are here and there.
        sparse = [0] * 40 + every[1:]
        for name, known, ignore, block in (
                ("", sparse, 31, 1), (", all classes alike", every, 7, 1), (", class absent", every[1:-1], 7, 1),
                (", labels at 2 and 3 times the size", sparse, 31, (2, 3)), (", nothing ignored", sparse, 0, 1),
                (", all ignored", every, 1, 1), (", one class", [2], 0, 1)):
            rows, columns = block if isinstance(block, tuple) else (block, block)
            truth = labels((batch, height * rows, width * columns), known, ignore)
            both = logits(shape, outputs)
            for method, ways in options.items():
                reads = both if method in WITH_TEACHER else {"student.logits": both["student.logits"]}
                for params in ways:
                    told = ", ".join(f"{key} {value}" for key, value in params.items())
                    yield f"{title}{name}{told and f', {told}'}", method, params, {**reads, **truth}
    large = {**logits((2, 6, 9, 10), 6, scale=90.0), **labels((2, 9, 10), 6)}
    for method in METHODS:
        yield "large logits", method, {}, {name: a for name, a in large.items() if method in WITH_TEACHER or "teacher" not in name}


if __name__ == "__main__":
    alone = ["student.logits", "labels"]
    write("labels", METHODS, cases(), [
        ("ce.ohem", {"minKept": 10}, alone), ("ce.boundary", {"radius": 1}, alone),
        ("ssl", {}, alone),
        ("ace", {"rule": "confidence"}, [*alone, "teacher.logits"]),
        ("bpkd", {"radius": 1}, [*alone, "teacher.logits"])])
