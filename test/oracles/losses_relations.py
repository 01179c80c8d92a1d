"""Golden values of the methods that hold relations between pixels against the teacher's, written from the equations in each
method's file. Writes test/conformance/golden/losses-relations.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import SHAPES, logits, write


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


METHODS = {"csc": csc}


def cases():
    for title, (shape, outputs) in SHAPES.items():
        for params in ({}, {"form": "by-shift"}, {"norm": "squared", "pool": 1}, {"form": "by-shift", "norm": "squared"},
                       {"pool": 3}):
            told = ", ".join(f"{key} {value}" for key, value in params.items()) or "as it is by default"
            yield f"{title}, {told}", "csc", params, logits(shape, outputs)


if __name__ == "__main__":
    write("relations", METHODS, cases(), [("csc", {"pool": 1}, ["student.logits", "teacher.logits"])])
