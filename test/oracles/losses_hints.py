"""Golden values of FitNets' hints, written from the equation in the method's file.
Writes test/conformance/golden/losses-hints.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import own, taps, write


def chosen(a, whose, tap):
    count = sum(name.startswith(f"{whose}.tap") for name in a)
    return a[f"{whose}.tap{count - 1 if tap is None else tap}"]


def resized(t, size):
    return t if t.shape[2:] == size else F.interpolate(t, size=size, mode="bilinear", align_corners=False)


def fitnets(a, p):
    s, t = (chosen(a, whose, p["tap"]) for whose in ("student", "teacher"))
    if "own.adapter.weight" in a:
        weight = a["own.adapter.weight"].T[:, :, None, None]
        s = F.conv2d(s, weight, a["own.adapter.bias"])
    return F.mse_loss(s, resized(t, s.shape[2:]))


def adapter(inputs, outputs):
    return {**own("adapter.weight", (inputs, outputs), 31), **own("adapter.bias", (outputs,), 32)}


def cases():
    wide = {"odd sizes": (2, (6, 9, 13), (10, 9, 13)), "batch of 1, teacher larger": (1, (5, 7, 6), (3, 14, 11)),
            "batch of 3": (3, (8, 16, 16), (24, 16, 16))}
    for title, (batch, s, t) in wide.items():
        for how in ("where-needed", "always"):
            yield f"{title}, {how}", "fitnets", {"tap": None, "adapter": how}, {**taps(batch, [s], [t]), **adapter(s[0], t[0])}
    first = taps(2, [(4, 9, 7), (3, 5, 4)], [(4, 9, 7), (8, 5, 4)])
    yield "first of two taps, no adapter", "fitnets", {"tap": 0, "adapter": "none"}, first
    yield "first of two taps, as many channels", "fitnets", {"tap": 0, "adapter": "where-needed"}, first
    yield "first of two taps, always", "fitnets", {"tap": 0, "adapter": "always"}, {**first, **adapter(4, 4)}


if __name__ == "__main__":
    reads = [f"{whose}.tap{i}" for whose in ("student", "teacher") for i in (0, 1)]
    write("hints", {"fitnets": fitnets}, cases(), [("fitnets", {"tap": 0, "adapter": "none"}, reads)])
