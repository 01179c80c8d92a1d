"""Golden values of the ops that imported transformers need, made as in ops.py.
Writes test/conformance/golden/ops-tokens.json.

Run again with any Python that has PyTorch: python test/oracles/ops_tokens.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

from ops import case


def gelu(x):
    x.data = x.data * 4
    return [F.gelu(x)]


def prepend(x, value):
    front = value.reshape(1, 1, *value.shape).expand(x.shape[0], -1, -1, -1)
    return [torch.cat([front, x], 2)]


CASES = [
    case("gelu", "from -4 to 4", [[2, 3, 4, 3]], {"scale": 4, "step": 0}, gelu),
    case("addLearnt", "to each picture", [[2, 3, 4, 2], [3, 4, 2]], {"height": 3, "width": 4}, lambda x, y: [x + y]),
    case("prepend", "two tokens", [[2, 1, 5, 3], [2, 3]], {"tokens": 2}, prepend),
    case("regroup", "a row as a picture", [[2, 1, 12, 3]], {"height": 3, "width": 4}, lambda x: [x.reshape(2, 3, 4, 3)]),
    case("crop", "a part", [[2, 4, 5, 2]], {"top": 1, "left": 2, "height": 3, "width": 2}, lambda x: [x[:, 1:4, 2:4]]),
    case("channels", "a part", [[2, 3, 2, 5]], {"start": 1, "count": 3}, lambda x: [x[..., 1:4].clone()]),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-tokens.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
