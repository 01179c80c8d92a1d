"""Golden values of FreeKD, written from the equation in the method's file; the bands are held against PyWavelets.
Writes test/conformance/golden/losses-wavelets.json; how to run it: loss_cases.py, with PyWavelets installed.
"""
import numpy as np
import pywt
import torch
import torch.nn.functional as F

from loss_cases import labels, own, taps, write
from losses_hints import adapter, chosen, resized


def level_of(x):
    """What is left, and the three bands stacked: [N, C, h, w] and [N, C, 3, h, w]."""
    x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
    a, b, c, d = x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]
    rest, bands = (a + b + c + d) / 2, torch.stack([a - b + c - d, a + b - c - d, a - b - c + d], 2) / 2
    theirs, (down, across, both) = pywt.dwt2(x.detach().numpy(), "haar", mode="zero")
    for mine, other in zip((rest, *bands.unbind(2)), (theirs, across, down, both)):
        np.testing.assert_allclose(mine.detach().numpy(), other, atol=1e-12)
    return rest, bands


def wavelets(x, levels):
    details = []
    for _ in range(levels):
        x, bands = level_of(x)
        details.append(bands)
    return x, details


def back(rest, details, size):
    sizes = [size] + [d.shape[3:] for d in details[:-1]]
    for bands, (height, width) in zip(details[::-1], sizes[::-1]):
        across, down, both = bands.unbind(2)
        made = torch.zeros(*rest.shape[:2], 2 * rest.shape[2], 2 * rest.shape[3], dtype=rest.dtype)
        made[..., ::2, ::2] = (rest + across + down + both) / 2
        made[..., ::2, 1::2] = (rest - across + down - both) / 2
        made[..., 1::2, ::2] = (rest + across - down - both) / 2
        made[..., 1::2, 1::2] = (rest - across - down + both) / 2
        rest = made[..., :height, :width]
    return rest


def masks(band, prompts):
    return torch.sigmoid(torch.einsum("tc,nchw->nthw", prompts, band))


def pair(a, p):
    s, t = (chosen(a, whose, p.get("tap")) for whose in ("student", "teacher"))
    return s, resized(t, s.shape[2:])


def freekd(a, p):
    s, t = pair(a, p)
    if "own.adapter.weight" in a:
        s = F.conv2d(s, a["own.adapter.weight"].T[:, :, None, None], a["own.adapter.bias"])
    levels = p.get("levels", 3)
    total = 0
    for level, (of_s, of_t) in enumerate(zip(wavelets(s, levels)[1], wavelets(t, levels)[1])):
        m = masks(of_t.sum(2), a["own.prompts"][level + 1])[:, :, None, None]
        total = total + F.l1_loss(m * of_s[:, None], m * of_t[:, None])
    return total


def dice(m):
    m = m.flatten(2)
    products = m @ m.transpose(1, 2)
    squares = (m ** 2).sum(2) + 1e-12
    each = 2 * products / (squares[:, None] + squares[:, :, None])
    count = m.shape[1]
    return (each.sum() - each.diagonal(dim1=1, dim2=2).sum()) / (len(m) * count * (count - 1))


def prompts(a, p):
    _, t = pair(a, p)
    rest, details = wavelets(t, p.get("levels", 3))
    first = masks(rest, a["own.prompts"][0])
    others = [masks(d.sum(2), a["own.prompts"][i + 1]) for i, d in enumerate(details)]
    kept = back(rest * first.sum(1, keepdim=True), [d * m.sum(1)[:, None, None] for d, m in zip(details, others)], t.shape[2:])
    logits = F.conv2d(kept, a["own.head.weight"].T[:, :, None, None], a["own.head.bias"])
    truth = F.interpolate(a["labels"][:, None].double(), t.shape[2:], mode="nearest")[:, 0].long()
    judged = F.cross_entropy(logits, truth, ignore_index=255, reduction="sum") / max(1, int((truth != 255).sum()))
    return judged + dice(first) + sum(dice(m) for m in others)


def arrays_of(channels, classes, levels, count):
    return {**own("prompts", (levels + 1, count, channels), 301, 0.3, "ownLoss"),
            **own("head.weight", (channels, classes), 302, 0.5, "ownLoss"), **own("head.bias", (classes,), 303, 0.5, "ownLoss")}


def cases():
    wide = {"odd sizes": (2, (6, 11, 13), (10, 11, 13)), "batch of 1, teacher larger": (1, (5, 7, 6), (3, 14, 11)),
            "batch of 3, as many channels": (3, (8, 8, 16), (8, 8, 16))}
    for title, (batch, s, t) in wide.items():
        align = {} if s[0] == t[0] else adapter(s[0], t[0])
        for name, known, ignore in (("", 4, 7), (", a class absent", [0, 3], 3), (", all ignored", 4, 1)):
            shown = {**labels((batch, 2 * s[1] + 1, 3 * s[2]), known, ignore), **taps(batch, [s], [t]), **align,
                     "student.logits": {"shape": [batch, 4, 2, 2], "seed": 1, "scale": 1.0}}
            for params in ({}, {"levels": 1, "prompts": 2}, {"levels": 2, "prompts": 3}):
                told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
                yield (f"{title}{name}, {told}", "freekd", params,
                       {**shown, **arrays_of(t[0], 4, params.get("levels", 3), params.get("prompts", 6))})
    two = {**labels((2, 9, 7), 4), **taps(2, [(4, 9, 7), (3, 5, 4)], [(4, 9, 7), (8, 5, 4)]), **arrays_of(4, 4, 3, 6)}
    yield "first of two taps", "freekd", {"tap": 0}, two
    yield "first of two taps, always an adapter", "freekd", {"tap": 0, "adapter": "always"}, {**two, **adapter(4, 4)}


if __name__ == "__main__":
    write("wavelets", {"freekd": freekd}, cases(), [], {"freekd": prompts},
          {"freekd": "the equation, bands by PyWavelets"})
