"""Golden values of the methods that read turned images: SSKD by torchdistill's SSKDLoss, which is given pixels as its images for the
logits, and images for the similarities; the MLPs and what the teacher's learns by are our own writing. Writes
test/conformance/golden/losses-turns.json; how to run it: loss_cases.py, with torchdistill installed.
"""
import torch
import torch.nn.functional as F
from torchdistill.losses.mid_level import SSKDLoss

from loss_cases import logits, own, taps, write
from losses_hints import chosen
from losses_own import pointwise

TURNS = 4


def interleaved(x):
    """From all images of one turn after the other to all turns of one image after the other, as torchdistill has them."""
    return x.reshape(TURNS, -1, *x.shape[1:]).transpose(0, 1).reshape(x.shape)


def theirs(weights, student, teacher, p):
    """`student`, `teacher`: (rows for the logits, rows for the similarities), in torchdistill's order."""
    loss = SSKDLoss("logits", "logits", "mlp", "mlp", kl_temp=1, ss_temp=p.get("similarityTemperature", 0.5),
                    tf_temp=p.get("temperature", 4), ss_ratio=p.get("kept", 0.75), tf_ratio=1.0, loss_weights=weights)
    outputs = [{"logits": {"output": rows}, "mlp": {"output": vectors}} for rows, vectors in (student, teacher)]
    return loss(*outputs, torch.zeros(len(student[0]) // TURNS, dtype=torch.long))


def vectors(a, whose, p):
    pooled = chosen(a, whose, p.get("tap")).mean((2, 3), keepdim=True)
    return pointwise(F.relu(pointwise(pooled, a, f"{whose}1")), a, f"{whose}2").flatten(1)


def sskd(a, p):
    s, t = a["student.logits"], a["teacher.logits"]
    classes = s.shape[1]
    # Every pixel is an image of its own, with its turns.
    rows = [interleaved(x[:, :classes].reshape(TURNS, -1, classes, s.shape[2] * s.shape[3]).transpose(2, 3)
                        .reshape(-1, classes)) for x in (s, t)]
    total = 0
    if p.get("turned", 2.7) > 0:
        total = total + p.get("turned", 2.7) * theirs([0, 0, 0, 1], (rows[0], rows[0]), (rows[1], rows[1]), p)
    if p.get("similarity", 10) > 0:
        of = [interleaved(vectors(a, whose, p)) for whose in ("student", "teacher")]
        some = [x[:len(of[0])].detach() for x in rows]
        total = total + p.get("similarity", 10) * theirs([0, 0, 1, 0], (some[0], of[0]), (some[1], of[1]), p)
    return total


def own_loss(a, p):
    v = F.normalize(vectors(a, "teacher", p), dim=1)
    upright = len(v) // TURNS
    return F.cross_entropy(v[upright:] @ v[:upright].T, torch.arange(upright).repeat(TURNS - 1))


def mlps(student, teacher):
    arrays = {}
    for w, (whose, channels, learns) in enumerate((("student", student, "loss"), ("teacher", teacher, "ownLoss"))):
        for layer in (1, 2):
            seed = 81 + 4 * w + 2 * layer
            arrays |= own(f"{whose}{layer}.weight", (channels, channels), seed, 0.7, learns)
            arrays |= own(f"{whose}{layer}.bias", (channels,), seed + 1, 0.3, learns)
    return arrays


def cases():
    shapes = {"3 images, odd sizes": (12, (11, 5, 7), 12, (6, 9, 13), (10, 9, 13)),
              "a single image": (4, (5, 7, 9), 5, (5, 7, 6), (3, 14, 11)),
              "8 images": (32, (4, 4, 4), 9, (8, 4, 4), (8, 4, 4))}
    options = ({}, {"kept": 0, "temperature": 1}, {"kept": 1, "similarityTemperature": 0.1}, {"turned": 0, "kept": 0.4},
               {"similarity": 0, "temperature": 2}, {"turned": 1, "similarity": 1, "kept": 0.5})
    for title, (batch, (classes, height, width), outputs, s, t) in shapes.items():
        arrays = {**logits((batch, classes, height, width), outputs), **taps(batch, [s], [t]), **mlps(s[0], t[0])}
        for params in options:
            told = ", ".join(f"{key} {value}" for key, value in params.items()) or "defaults"
            yield f"{title}, {told}", "sskd", params, arrays
    yield ("first of two taps", "sskd", {"tap": 0}, {**logits((8, 4, 6, 5), 4), **mlps(4, 4),
                                                    **taps(8, [(4, 5, 4), (3, 5, 4)], [(4, 5, 4), (8, 5, 4)])})


if __name__ == "__main__":
    write("turns", {"sskd": sskd}, cases(), [], {"sskd": own_loss}, {"sskd": "torchdistill's SSKDLoss"})
