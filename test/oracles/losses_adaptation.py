"""Golden values of knowledge adaptation: torchdistill's KTALoss and AffinityLoss on features of PyTorch's own layers.
Writes test/conformance/golden/losses-adaptation.json; how to run it: loss_cases.py, with torchdistill installed.
"""
import torch
import torch.nn.functional as F
from torchdistill.losses.mid_level import AffinityLoss, KTALoss

from loss_cases import own, taps, write
from losses_hints import chosen, resized

# AffinityLoss sums in the default type.
torch.set_default_dtype(torch.float64)


def layer(x, a, name, act):
    x = F.conv2d(x, a[f"own.{name}.weight"].permute(3, 2, 0, 1), a[f"own.{name}.bias"], padding=1)
    return act(F.batch_norm(x, None, None, a[f"own.{name}.norm.gamma"], a[f"own.{name}.norm.beta"], training=True))


def through(x, a, names):
    for name in names:
        x = layer(x, a, name, lambda x: F.leaky_relu(x, 0.1))
    return x


def features(a, p):
    s, t = (chosen(a, whose, p.get("tap")) for whose in ("student", "teacher"))
    t = resized(t, s.shape[2:])
    return s, t, through(t, a, ("encode1", "encode2", "encode3"))


def ka(a, p):
    s, _, code = features(a, p)
    code = code.detach()
    teacher = {"encoder": {"output": code}}
    total = 0
    if p.get("translation", 50) > 0:
        kta = KTALoss(p.get("p", 1), p.get("q", 2), "mean", "encoder", "adapter")
        student = {"adapter": {"output": layer(s, a, "translate", F.relu)}}
        total = total + p.get("translation", 50) * kta(student, teacher)
    if p.get("affinity", 1) > 0:
        related = F.conv2d(s, a["own.relate.weight"].permute(3, 2, 0, 1), a["own.relate.bias"], padding=1)
        affinity = AffinityLoss("adapter", "encoder")
        total = total + p.get("affinity", 1) * affinity({"adapter": {"output": related}}, teacher)
    return total


def autoencoder(a, p):
    _, t, code = features(a, p)
    restored = through(code, a, ("decode1", "decode2", "decode3"))
    return F.mse_loss(restored, t) + p.get("sparsity", 1e-7) * code.norm(p=1)


def arrays_of(student, teacher, code):
    arrays = own("relate.weight", (3, 3, student, code), 201) | own("relate.bias", (code,), 202)
    chain = [("translate", student, code), ("encode1", teacher, teacher), ("encode2", teacher, code),
             ("encode3", code, code), ("decode1", code, code), ("decode2", code, teacher), ("decode3", teacher, teacher)]
    for i, (name, inputs, outputs) in enumerate(chain):
        learns = "loss" if name == "translate" else "ownLoss"
        arrays |= own(f"{name}.weight", (3, 3, inputs, outputs), 210 + 4 * i, 0.5, learns)
        arrays |= own(f"{name}.bias", (outputs,), 211 + 4 * i, 0.5, learns)
        arrays |= own(f"{name}.norm.gamma", (outputs,), 212 + 4 * i, 1.0, learns)
        arrays |= own(f"{name}.norm.beta", (outputs,), 213 + 4 * i, 0.5, learns)
    # In the order in which the method states them.
    first = [name for name in arrays if name.startswith("own.translate")]
    return {**{name: arrays[name] for name in first}, **arrays}


def cases():
    wide = {"odd sizes": (2, (6, 9, 13), (10, 9, 13)), "batch of 1, teacher larger": (1, (5, 7, 6), (4, 14, 11)),
            "batch of 3": (3, (8, 8, 12), (8, 8, 12))}
    for title, (batch, s, t) in wide.items():
        for params in ({}, {"affinity": 0, "p": 2}, {"affinity": 0, "q": 1, "translation": 3, "sparsity": 0.01},
                       {"translation": 0, "affinity": 7}, {"code": 0.3, "p": 2, "q": 1}):
            told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
            code = max(1, int(params.get("code", 0.5) * t[0]))
            yield f"{title}, {told}", "ka", params, {**taps(batch, [s], [t]), **arrays_of(s[0], t[0], code)}
    yield ("first of two taps", "ka", {"tap": 0},
           {**taps(2, [(4, 9, 7), (3, 5, 4)], [(6, 9, 7), (8, 5, 4)]), **arrays_of(4, 6, 3)})


if __name__ == "__main__":
    write("adaptation", {"ka": ka}, cases(), [], {"ka": autoencoder}, {"ka": "torchdistill's KTALoss and AffinityLoss"})
