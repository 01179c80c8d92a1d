"""A small network with operators that have no place in our graphs, as ONNX files, and what its values are.

    python test/oracles/onnx_teacher.py test/unit/weights/onnx/golden

Writes teacher-any.onnx (pictures of any size), teacher-fixed.onnx (64 x 96 only) and teacher.json: for each picture of
noise (noise.py) some values of the logits, of three inner values and of the tokens, by their names in the files.
"""

import json
import pathlib
import sys

import onnx
import torch
from torch import nn
from torch.nn import functional as F

from noise import noise

SIZES = {"any": [(64, 96), (128, 64)], "fixed": [(64, 96)]}
SAMPLES = 64


class Teacher(nn.Module):
    """Features moved along a learnt flow (Li et al., Semantic flow, ECCV 2020), then weighed by an einsum over channels."""

    def __init__(self):
        super().__init__()
        self.low = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.high = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.flow = nn.Conv2d(12, 2, 3, padding=1)
        self.tokens = nn.Linear(12, 12)
        self.head = nn.Conv2d(12, 10, 1)

    def forward(self, x):
        low = F.relu(self.low(x))
        high = F.relu(self.high(low))
        moved = F.grid_sample(high, torch.tanh(self.flow(high)).permute(0, 2, 3, 1), align_corners=False)
        rows = self.tokens(moved.flatten(2).transpose(1, 2))
        gram = torch.softmax(torch.einsum("bnc,bnd->bcd", rows, rows) / 64, -1)
        mixed = torch.einsum("bchw,bcd->bdhw", moved, gram)
        logits = self.head(mixed)
        return F.interpolate(logits, scale_factor=4, mode="bilinear"), low, mixed, rows


class Logits(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)[0]


def weights(network):
    """As noise, by the order of the arrays."""
    with torch.no_grad():
        for seed, parameter in enumerate(network.parameters(), 1):
            spread = 1.7 / max(1, parameter[0].numel() if parameter.dim() > 1 else 9) ** 0.5
            parameter.copy_(noise(parameter.shape, seed).float() * spread)
    return network.eval()


def names(file):
    """The names of low, mixed and rows: the outputs of the first Relu, the last Einsum and the tokens' Add."""
    nodes = onnx.load(file).graph.node
    first = next(node for node in nodes if node.op_type == "Relu")
    einsums = [node for node in nodes if node.op_type == "Einsum"]
    rows = einsums[0].input[0]
    return {"low": first.output[0], "mixed": einsums[-1].output[0], "rows": rows}


def sampled(values):
    """Every so many of an array's values, with how many they are of."""
    flat = values.flatten()
    step = max(1, flat.numel() // SAMPLES)
    return {"shape": list(values.shape), "step": step, "values": [round(float(v), 7) for v in flat[::step]]}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    network = weights(Teacher())
    cases = []
    for kind, sizes in SIZES.items():
        file = f"teacher-{kind}.onnx"
        axes = {"pixels": {2: "height", 3: "width"}} if kind == "any" else None
        x = noise((1, 3, 64, 96), 1).float()
        torch.onnx.export(
            Logits(network), (x,), folder / file, opset_version=17, dynamo=False,
            input_names=["pixels"], output_names=["logits"], dynamic_axes=axes,
        )  # fmt: skip
        found = names(folder / file)
        for seed, size in enumerate(sizes, 1):
            with torch.no_grad():
                logits, low, mixed, rows = network(noise((1, 3, *size), seed).float())
            # Ours has channels last
            pictures = {"logits": logits, found["low"]: low, found["mixed"]: mixed}
            values = {name: sampled(value.permute(0, 2, 3, 1)) for name, value in pictures.items()}
            tokens = rows.reshape(1, size[0] // 4, size[1] // 4, 12)
            values[found["rows"]] = sampled(tokens)
            cases.append({"file": file, "size": list(size), "seed": seed, "values": values})
    (folder / "teacher.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
