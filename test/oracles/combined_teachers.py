"""Golden values of several teachers combined (src-main/distillation/combine.ts), by PyTorch in float64 and NumPy:
the combined logits at both sizes that methods read them at, and what `kd` and `skd.pixel` make of them, value and gradient.
Writes test/unit/distillation/golden/combined-teachers.json; how to run it: PYTHON test/oracles/combined_teachers.py
"""
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[1] / "unit/distillation/golden/combined-teachers.json"
IGNORE, CLASSES, SIZE, STRIDE, TEMPERATURE = 255, 4, (8, 12), 4, 2.0

rng = np.random.default_rng(11)
student = rng.normal(0, 2, (2, CLASSES, 2, 3)).round(3)
# Of other strides, and two with outputs that the student does not have.
teachers = [rng.normal(0, 3, (2, outputs, 8 // stride, 12 // stride)).round(3) for outputs, stride in ((4, 1), (6, 4), (5, 2))]
labels = rng.integers(0, CLASSES, (2, *SIZE))
labels[rng.random(labels.shape) < 0.15] = IGNORE
labels[1, :4] = IGNORE


def at(logits, size):
    """As methods read logits: upsampled bilinearly to the label map's size, or average-pooled to the student's stride."""
    t = torch.from_numpy(logits)
    if t.shape[2] < size[0]:
        return F.interpolate(t, size=size, mode="bilinear", align_corners=False)
    return t if t.shape[2] == size[0] else F.avg_pool2d(t, t.shape[2] // size[0])


def combined(size, best, reduced):
    z = np.stack([at(t, size)[:, :CLASSES].numpy() for t in teachers])
    mean = z.mean(0)
    if best is None:
        return mean
    out = mean.copy()
    for (n, y, x), label in np.ndenumerate(reduced):
        if label != IGNORE and best[label] is not None:
            out[n, :, y, x] = z[best[label], n, :, y, x]
    return out


def case(title, best):
    given = torch.from_numpy(student).requires_grad_()
    label = torch.from_numpy(combined(SIZE, best, labels))
    pooled = torch.from_numpy(combined((2, 3), best, labels[:, ::STRIDE, ::STRIDE]))
    up = F.interpolate(given, size=SIZE, mode="bilinear", align_corners=False)
    kd = TEMPERATURE**2 * F.kl_div(
        F.log_softmax(up / TEMPERATURE, 1), F.log_softmax(label / TEMPERATURE, 1), log_target=True, reduction="sum"
    ) / (2 * SIZE[0] * SIZE[1])
    pixel = -(F.softmax(pooled, 1) * F.log_softmax(given, 1)).sum(1).mean()
    losses = {"kd": kd, "skd.pixel": pixel}
    return {
        "title": title,
        "best": best,
        "label": nhwc(label),
        "student": nhwc(pooled),
        "losses": {k: {"value": v.item(), "gradient": nhwc(torch.autograd.grad(v, given, retain_graph=True)[0])}
                   for k, v in losses.items()},
    }


def nhwc(t):
    a = t.detach().numpy() if isinstance(t, torch.Tensor) else t
    a = np.transpose(a, (0, 2, 3, 1))
    return {"shape": list(a.shape), "values": [float(f"{v:.9g}") for v in a.ravel()]}


cases = [case("mean", None), case("best class", [1, 0, 2, None]), case("one is best at all", [2, 2, 2, 2]),
         case("none is any good", [None] * CLASSES)]
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({
    "torch": torch.__version__, "temperature": TEMPERATURE, "student": nhwc(student), "teachers": [nhwc(t) for t in teachers],
    "labels": {"shape": list(labels.shape), "values": labels.ravel().tolist()}, "cases": cases,
}) + "\n")
