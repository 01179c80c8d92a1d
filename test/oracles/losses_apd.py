"""Golden values of APD with adapters, written from the equations in the method's file.
Writes test/conformance/golden/losses-apd.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import IGNORE, labels, own, taps, write
from losses_own import pointwise
from losses_relations import apd_pa, apd_pd, by_scope, pair, perspectives


def adapted(a, p):
    """The arrays with one tap of both networks, the chosen one through its adapter."""
    both = dict(zip(("student", "teacher"), pair(a, p)))
    if p.get("adapter", "mlp") == "mlp":
        both = {whose: pointwise(F.relu(pointwise(x, a, f"{whose}1")), a, f"{whose}2") for whose, x in both.items()}
    mix = {whose: mixer(a, whose) for whose in both} if p.get("mixing") == "cac" else {}
    return {"labels": a["labels"], "mix": mix, **{f"{whose}.tap0": x for whose, x in both.items()}}


def mixer(a, whose):
    """As CAC's apd_proj."""
    def mix(centre, label):
        hidden = F.relu(torch.cat([centre, a[f"own.{whose}.classifier"][label]]) @ a[f"own.{whose}.mix1.weight"])
        return F.normalize(hidden @ a[f"own.{whose}.mix2.weight"] + a[f"own.{whose}.mix2.bias"], dim=0)
    return mix


def apd(a, p):
    features, q = adapted(a, p), {**p, "tap": None}
    total = (features["student.tap0"] * 0).sum()
    if p.get("distribution", 10):
        total = total + p.get("distribution", 10) * apd_pd(features, q)
    if p.get("alignment", 10):
        total = total + p.get("alignment", 10) * apd_pa(features, q)
    return total


def teacher_loss(a, p):
    features = adapted(a, p)
    classes = int(a["labels"][a["labels"] != IGNORE].max()) + 1 if bool((a["labels"] != IGNORE).any()) else 0
    if classes == 0:
        return sum((x * 0).sum() for name, x in a.items() if name.startswith("own.teacher"))
    maps = []
    for _, t, truth in by_scope(features, {**p, "tap": None})[0]:
        u, centres = perspectives(t, truth, features["mix"].get("teacher"))
        known = [int(k) for k in truth.unique() if k != IGNORE]
        logits = torch.zeros(classes, u.shape[1], dtype=torch.float64)
        if known:
            logits = logits.index_add(0, torch.tensor(known), p.get("tau", 10) * torch.stack([u.T @ c for c in centres], 0))
        maps.append(logits.reshape(classes, *truth.shape).transpose(0, 1))
    up = F.interpolate(torch.cat(maps), size=a["labels"].shape[1:], mode="bilinear", align_corners=True)
    return F.cross_entropy(up, a["labels"].long(), ignore_index=IGNORE)


def adapters(student, teacher, to):
    arrays = {}
    for i, (whose, channels, learns) in enumerate((("student", student, "loss"), ("teacher", teacher, "ownLoss"))):
        for j, inputs in enumerate((channels, to)):
            arrays |= own(f"{whose}{j + 1}.weight", (inputs, to), 71 + 4 * i + 2 * j, learns=learns)
            arrays |= own(f"{whose}{j + 1}.bias", (to,), 72 + 4 * i + 2 * j, 0.2, learns)
    return arrays


def mixings(student, teacher, classes):
    arrays = {}
    for i, (whose, channels, learns) in enumerate((("student", student, "loss"), ("teacher", teacher, "ownLoss"))):
        arrays |= own(f"{whose}.classifier", (classes, channels), 91 + 4 * i, learns=learns)
        arrays |= own(f"{whose}.mix1.weight", (2 * channels, channels // 2), 92 + 4 * i, learns=learns)
        arrays |= own(f"{whose}.mix2.weight", (channels // 2, channels), 93 + 4 * i, learns=learns)
        arrays |= own(f"{whose}.mix2.bias", (channels,), 94 + 4 * i, 0.2, learns)
    return arrays


def cases():
    sets = {"odd sizes": (2, (6, 9, 13), (10, 9, 13)), "batch of 1, teacher larger": (1, (5, 7, 6), (8, 14, 11)),
            "batch of 3": (3, (8, 8, 8), (12, 8, 8))}
    for title, (batch, s, t) in sets.items():
        for name, known, ignore, factor in (("", 5, 7, 1), (", labels of 3 times the size, a class absent", [0, 1, 3, 4], 7, 3),
                                            (", all ignored", 5, 1, 1)):
            truth = labels((batch, s[1] * factor, s[2] * factor), known, ignore)
            for params in ({}, {"scope": "batch", "tau": 4, "dimensions": 7}, {"alignment": 0, "distribution": 3},
                           {"distribution": 0}):
                told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
                arrays = {**taps(batch, [s], [t]), **truth, **adapters(s[0], t[0], params.get("dimensions") or t[0])}
                yield f"{title}{name}, {told}", "apd", params, arrays
            for params in ({"mixing": "cac"}, {"mixing": "cac", "scope": "batch", "tau": 15, "dimensions": 7}):
                if ignore == 1:
                    continue
                told = ", ".join(f"{key} {value}" for key, value in params.items())
                to = params.get("dimensions") or t[0]
                yield (f"{title}{name}, {told}", "apd", params,
                       {**taps(batch, [s], [t]), **truth, **adapters(s[0], t[0], to), **mixings(to, to, 5)})
    yield ("no adapter, mixed", "apd", {"adapter": "none", "mixing": "cac", "alignment": 0},
           {**taps(2, [(4, 9, 7)], [(8, 9, 7)]), **labels((2, 9, 7), 4), **mixings(4, 8, 4)})
    for scope in ("sample", "batch"):
        yield (f"no adapter, {scope}", "apd", {"adapter": "none", "scope": scope, "tap": 0},
               {**taps(2, [(4, 9, 7), (3, 5, 4)], [(4, 9, 7), (8, 5, 4)]), **labels((2, 9, 7), 4)})


if __name__ == "__main__":
    write("apd", {"apd": apd}, cases(), [], {"apd": teacher_loss})
