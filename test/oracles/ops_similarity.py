"""Golden values of the ops that compare feature maps, made as in ops.py.
Writes test/conformance/golden/ops-similarity.json.

Run again with any Python that has PyTorch: python test/oracles/ops_similarity.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

from ops import case, pool


def energy(name, shape):
    return case("energy", name, [shape], {}, lambda x: [x.pow(2).mean(-1, keepdim=True)])


def unit(name, shape):
    return case("unit", name, [shape], {}, lambda x: [F.normalize(x, dim=-1, eps=1e-12)])


def softened(name, shape, temperature):
    return case("softened", name, [shape], {"temperature": temperature}, lambda x: [torch.softmax(x / temperature, -1)])


def cosines(name, shape):
    def run(q):
        u = F.normalize(q, dim=1, eps=1e-12)
        return [u.transpose(1, 2) @ u - 1]

    return case("cosinesBelowOne", name, [shape], {}, run)


def distance(name, shape, divisor):
    run = lambda a, b: [(a - b).pow(2).sum() / divisor]
    return case("squaredDistance", name, [shape, shape], {"divisor": divisor}, run)


CASES = [
    pool("2, many rows", [8, 17, 3, 2], 2, 2, True),
    energy("of one channel", [2, 3, 4, 1]),
    energy("of 19 channels", [1, 3, 4, 19]),
    energy("of 32 channels", [2, 2, 3, 32]),
    unit("of few", [2, 3, 4, 5]),
    unit("of more than are summed at once", [2, 1100]),
    softened("cold", [2, 3, 4, 5], 0.5),
    softened("warm", [3, 37], 4),
    cosines("few positions", [2, 6, 3]),
    cosines("more positions than are summed at once", [1, 70, 19]),
    distance("whole images", [2, 3, 4, 5], 2),
    distance("more than is summed at once", [3, 700], 1),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-similarity.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
